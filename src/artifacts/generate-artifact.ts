import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Actor } from '../auth/actor.ts'
import type { Env } from '../env.ts'
import { fileTooLarge, generatedNotUnique } from '../errors.ts'
import { Refusal } from '../refusal.ts'
import type { Bytes } from './byte-reader.ts'
import type { SingleFile } from './single-file.ts'
import { uploadArtifact } from './upload-artifact.ts'
import { type KnownFile, writeArtifact } from './write-artifact.ts'

export const LARGEST_FILE = 256 * 1024 ** 2

export type Generation = { plan: SingleFile; file: Bytes; description: string }

/** Makes an artifact around a file and takes it in as if it had been uploaded. */
export async function generateArtifact(
  env: Env,
  actor: Actor,
  { plan, file, description }: Generation,
): Promise<{ id: string }> {
  // Of no artifact: were we killed half way, the sweep deletes it.
  const key = `${actor.tenant_id}/${randomUUID()}`
  const known = await spool(env, key, file)
  try {
    const artifact = await writeArtifact(plan, { mtime: env.now(), file: known })
    return await uploadArtifact(env, actor, { file: artifact, description })
  } catch (error) {
    throw error instanceof Refusal && error.code === 'artifact_exists' ? generatedNotUnique(error.details) : error
  } finally {
    await env.blobs.delete(key)
  }
}

/** Puts the file aside: an artifact begins with the checksums of what it holds. */
async function spool(env: Env, key: string, file: Bytes): Promise<KnownFile> {
  const hash = createHash('sha256')
  let size = 0
  async function* measured() {
    for await (const chunk of file) {
      size += chunk.length
      if (size > LARGEST_FILE) throw fileTooLarge(LARGEST_FILE)
      hash.update(chunk)
      yield chunk
    }
  }
  await env.blobs.put(key, Readable.from(measured(), { objectMode: false }))
  const open = async () => {
    const content = size === 0 ? Readable.from([]) : await env.blobs.read(key, { start: 0, end: size - 1 })
    if (!content) throw new Error(`The file put aside as ${key} is gone.`)
    return content
  }
  return { size, sha256: hash.digest('hex'), open }
}
