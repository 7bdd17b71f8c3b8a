import { createHash } from 'node:crypto'
import { type ArtifactServer, startArtifactServer } from './artifact-server.ts'
import { type BigArtifact, bigArtifact } from './big-artifact.ts'
import { type Cost, costOf } from './cost.ts'
import { type Row, rowOf } from './row.ts'

const MEBIBYTES = 512
const ROUNDS = 5

/** Uploads of an artifact over HTTP, verified and durable, compared with SHA-256 of the same bytes. */
export async function benchUpload(): Promise<Row[]> {
  await using server = await startArtifactServer()
  const artifact = bigArtifact('bench', MEBIBYTES)
  await uploadOnce(server, artifact)
  const [uploads, hashes] = [[] as Cost[], [] as Cost[]]
  for (let round = 0; round < ROUNDS; round++) {
    hashes.push(await costOf(process.pid, () => hashAll(artifact)))
    uploads.push(await uploadOnce(server, artifact))
  }
  const speeds = (costs: Cost[], of: keyof Cost) => costs.map((one) => MEBIBYTES / one[of])
  return [
    rowOf('upload', speeds(uploads, 'wall'), speeds(hashes, 'wall'), 'MiB/s'),
    rowOf('upload, by CPU time', speeds(uploads, 'cpu'), speeds(hashes, 'cpu'), 'MiB/s'),
  ]
}

async function uploadOnce(server: ArtifactServer, artifact: BigArtifact): Promise<Cost> {
  let path = ''
  const cost = await costOf(server.pid, async () => {
    path = await server.upload(artifact)
  })
  await server.delete(path)
  return cost
}

async function hashAll({ content }: BigArtifact) {
  const hash = createHash('sha256')
  for await (const chunk of content()) hash.update(chunk)
  return hash.digest()
}
