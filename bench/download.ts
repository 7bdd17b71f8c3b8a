import { join } from 'node:path'
import { startArtifactServer } from './artifact-server.ts'
import { bigArtifact } from './big-artifact.ts'
import { startNginx } from './nginx.ts'
import { receive } from './receive.ts'
import { type Row, rowOf } from './row.ts'
import { type Spent, spent } from './spent.ts'

const MEBIBYTES = 1024
const ROUNDS = 7

/** Sending an artifact, whole and from its middle, against nginx and sendfile with the same file. */
export async function benchDownload(): Promise<Row[]> {
  await using server = await startArtifactServer()
  await using nginx = await startNginx(join(server.data_dir, 'artifacts'))
  if (!nginx) {
    console.log('download: skipped, because nginx is not installed (apt-get install nginx-light).')
    return []
  }
  const artifact = bigArtifact('bench', MEBIBYTES)
  const link = await server.link(await server.upload(artifact))
  // .../<tenant>/<id>/<name>.mender is the file <tenant>/<id>.
  const file =
    nginx.url +
    new URL(link).pathname
      .split('/')
      .slice(-3, -1)
      .map((part) => `/${part}`)
      .join('')
  const rows: Row[] = []
  for (const [name, from] of [
    ['download', 0],
    ['download, resumed half way', artifact.size / 2],
  ] as const) {
    const [ours, theirs] = [[] as Spent[], [] as Spent[]]
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await spent(nginx.pid, () => receive(file, { from: Math.floor(from) })))
      ours.push(await spent(server.pid, () => receive(link, { from: Math.floor(from) })))
    }
    const speeds = (of: keyof Spent, all: Spent[]) => all.map((one) => (artifact.size - from) / 1024 ** 2 / one[of])
    rows.push(rowOf(name, speeds('wall', ours), speeds('wall', theirs), 'MiB/s'))
    rows.push(rowOf(`${name}, by CPU time`, speeds('cpu', ours), speeds('cpu', theirs), 'MiB/s'))
  }
  return rows
}
