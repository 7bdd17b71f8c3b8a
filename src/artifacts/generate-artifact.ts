import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Actor } from '../auth/actor.ts'
import type { Env } from '../env.ts'
import { fileTooLarge, generatedNotUnique } from '../errors.ts'
import { Refusal } from '../refusal.ts'
import type { Bytes } from './byte-reader.ts'
import { menderReader } from './read-artifact.ts'
import type { SingleFile } from './single-file.ts'
import { uploadArtifact } from './upload-artifact.ts'
import { type StoredFile, writeArtifact } from './write-artifact.ts'

export const MAX_FILE_SIZE = 256 * 1024 ** 2

export type GenerateRequest = { plan: SingleFile; file: Bytes; description: string }

/** Creates an artifact around a file, and stores it as if it had been uploaded. */
export async function generateArtifact(
  env: Env,
  actor: Actor,
  { plan, file, description }: GenerateRequest,
): Promise<{ id: string }> {
  // Of no artifact: if the process is killed, the sweep deletes the file.
  const key = `${actor.tenant_id}/${randomUUID()}`
  const stored = await spool(env, key, file)
  try {
    const artifact = await writeArtifact(plan, { mtime: env.now(), file: stored })
    return await uploadArtifact(env, actor, { file: artifact, read: menderReader, description })
  } catch (error) {
    throw error instanceof Refusal && error.code === 'artifact_exists' ? generatedNotUnique(error.details) : error
  } finally {
    await env.blobs.delete(key)
  }
}

/** Stores the file first: an artifact begins with the checksums of its contents. */
async function spool(env: Env, key: string, file: Bytes): Promise<StoredFile> {
  const hash = createHash('sha256')
  let size = 0
  async function* checked() {
    for await (const chunk of file) {
      size += chunk.length
      if (size > MAX_FILE_SIZE) throw fileTooLarge(MAX_FILE_SIZE)
      hash.update(chunk)
      yield chunk
    }
  }
  await env.blobs.put(key, Readable.from(checked(), { objectMode: false }))
  const open = async () => {
    const content = size === 0 ? Readable.from([]) : await env.blobs.read(key, { start: 0, end: size - 1 })
    if (!content) throw new Error(`The file stored as ${key} is missing.`)
    return content
  }
  return { size, sha256: hash.digest('hex'), open }
}
