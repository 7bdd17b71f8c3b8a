import { createHash } from 'node:crypto'
import { type ArtifactServer, startArtifactServer } from './artifact-server.ts'
import { type BigArtifact, bigArtifact } from './big-artifact.ts'
import { type Row, rowOf } from './row.ts'
import { type Spent, spent } from './spent.ts'

const MEBIBYTES = 512
const ROUNDS = 5

/** Taking in an artifact over HTTP, checked and durable, against SHA-256 of the same bytes and nothing else. */
export async function benchUpload(): Promise<Row[]> {
  await using server = await startArtifactServer()
  const artifact = bigArtifact('bench', MEBIBYTES)
  await uploadOnce(server, artifact)
  const [uploads, hashes] = [[] as Spent[], [] as Spent[]]
  for (let round = 0; round < ROUNDS; round++) {
    hashes.push(await spent(process.pid, () => hashAll(artifact)))
    uploads.push(await uploadOnce(server, artifact))
  }
  const speeds = (spending: Spent[], of: keyof Spent) => spending.map((one) => MEBIBYTES / one[of])
  return [
    rowOf('upload', speeds(uploads, 'wall'), speeds(hashes, 'wall'), 'MiB/s'),
    rowOf('upload, by CPU time', speeds(uploads, 'cpu'), speeds(hashes, 'cpu'), 'MiB/s'),
  ]
}

async function uploadOnce(server: ArtifactServer, artifact: BigArtifact): Promise<Spent> {
  let path = ''
  const spending = await spent(server.pid, async () => {
    path = await server.upload(artifact)
  })
  await server.delete(path)
  return spending
}

async function hashAll({ content }: BigArtifact) {
  const hash = createHash('sha256')
  for await (const chunk of content()) hash.update(chunk)
  return hash.digest()
}
