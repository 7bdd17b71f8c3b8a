import { join } from 'node:path'
import { startArtifactServer } from './artifact-server.ts'
import { bigArtifact } from './big-artifact.ts'
import { type Cost, costOf } from './cost.ts'
import { startNginx } from './nginx.ts'
import { receive } from './receive.ts'
import { type Row, rowOf } from './row.ts'

const MEBIBYTES = 1024
const ROUNDS = 7

/** Downloads of an artifact, complete and resumed, compared with nginx and sendfile serving the same file. */
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
    ['download, resumed halfway', artifact.size / 2],
  ] as const) {
    const [ours, theirs] = [[] as Cost[], [] as Cost[]]
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await costOf(nginx.pid, () => receive(file, { from: Math.floor(from) })))
      ours.push(await costOf(server.pid, () => receive(link, { from: Math.floor(from) })))
    }
    const speeds = (of: keyof Cost, all: Cost[]) => all.map((one) => (artifact.size - from) / 1024 ** 2 / one[of])
    rows.push(rowOf(name, speeds('wall', ours), speeds('wall', theirs), 'MiB/s'))
    rows.push(rowOf(`${name}, by CPU time`, speeds('cpu', ours), speeds('cpu', theirs), 'MiB/s'))
  }
  return rows
}
