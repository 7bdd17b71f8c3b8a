import { createHash, randomUUID } from 'node:crypto'
import type { Actor } from '../auth/actor.ts'
import { BlobExists } from '../blobs/blobs.ts'
import { violatedConstraint } from '../db/database-errors.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import {
  artifactIdTaken,
  artifactNotUnique,
  artifactTooLarge,
  declaredTooLarge,
  invalidArtifact,
  roleForbids,
} from '../errors.ts'
import { eventObject } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'
import { Refusal } from '../refusal.ts'
import { type ArtifactContent, dialectOf } from './artifact.ts'
import { BackpressuredCopy } from './backpressured-copy.ts'
import type { Bytes } from './byte-reader.ts'
import { combinationsOf } from './header.ts'
import { type StoredBytes, storedBytes } from './stored-bytes.ts'
import { andVisible } from './visible-releases.ts'

const MAX_ARTIFACT_SIZE = 10 * 1024 ** 3

/** Reads a file to its end while it is stored, and says how to describe it once it is. */
export type ContentReader = (file: Bytes) => Promise<(stored: StoredBytes) => Promise<ArtifactContent>>

export type Upload = {
  file: Bytes
  read: ContentReader
  description: string
  /** The size of the file in bytes, as the client declares it. */
  size?: number | undefined
  /** An id that the client has chosen. */
  id?: string | undefined
}

type Stored = { content: ArtifactContent; size: number }

/** Stores an artifact file. Nothing of it is visible until all of it has been found valid. */
export async function uploadArtifact(env: Env, actor: Actor, upload: Upload): Promise<{ id: string }> {
  if (upload.size !== undefined && upload.size > MAX_ARTIFACT_SIZE) throw declaredTooLarge()
  const { id = randomUUID(), description } = upload
  const key = `${actor.tenant_id}/${id}`
  const stored = await store(env, key, upload)
  try {
    await record(env, actor, { ...stored, id, description, combinations: hashesOf(stored.content) })
  } catch (error) {
    const refusal = refusalOf(error, stored.content)
    // After any other failure, even of the commit, a row that needs the blob may exist.
    if (refusal) await env.blobs.delete(key)
    throw refusal ?? error
  }
  return { id }
}

/** Of what two artifacts of a release must not have in common. They may be for one device type in two dialects. */
function hashesOf({ info, artifact_depends }: ArtifactContent): string[] {
  const prefix = dialectOf(info) === 'ddi' ? 'ddi ' : ''
  return combinationsOf(artifact_depends).map((one) => sha256(prefix + JSON.stringify(one)))
}

function refusalOf(error: unknown, { name, artifact_depends }: ArtifactContent): Refusal | undefined {
  if (error instanceof Refusal) return error
  const constraint = violatedConstraint(error)
  if (constraint?.startsWith('artifact_combinations')) return artifactNotUnique(name, artifact_depends)
  return constraint?.startsWith('artifacts') ? artifactIdTaken() : undefined
}

async function store(env: Env, key: string, upload: Upload): Promise<Stored> {
  const { describe, size } = await storeBytes(env, key, upload)
  try {
    return { content: await describe(storedBytes(env.blobs, key, size)), size }
  } catch (error) {
    await env.blobs.delete(key)
    throw error
  }
}

/** Reads and stores the bytes at the same time; the copy is completed only if the artifact is valid. */
async function storeBytes(env: Env, key: string, { file, read, size: declared }: Upload) {
  const count: ByteCount = { size: 0, declared }
  const copy = new BackpressuredCopy()
  const put = env.blobs.put(key, copy)
  put.catch((error) => copy.destroy(error))
  try {
    const describe = await read(copying(file, copy, count))
    if (declared !== undefined && declared !== count.size) throw sizeDiffers(declared, count.size)
    copy.finish()
    const { size } = await put
    return { describe, size }
  } catch (error) {
    copy.destroy(error as Error)
    // Awaited until the store has removed the partial file. If the store failed first, throws that error.
    await put.catch((first) => {
      throw first instanceof BlobExists ? artifactIdTaken() : first
    })
    throw error
  }
}

type ByteCount = { size: number; declared: number | undefined }

async function* copying(source: Bytes, copy: BackpressuredCopy, count: ByteCount): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    count.size += chunk.length
    if (count.size > MAX_ARTIFACT_SIZE) throw artifactTooLarge()
    if (count.declared !== undefined && count.size > count.declared) throw sizeDiffers(count.declared, 'more')
    const drained = copy.write(chunk)
    if (drained) await drained
    if (copy.destroyed) throw new Error('The artifact could not be stored.')
    yield chunk
  }
}

const sizeDiffers = (declared: number, size: number | 'more') =>
  invalidArtifact(`unexpected EOF: size says ${declared} bytes, the file has ${size}`)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

type NewArtifact = Stored & { id: string; description: string; combinations: string[] }

const record = (env: Env, actor: Actor, artifact: NewArtifact) =>
  env.db.transaction(async (tx) => {
    const now = env.now()
    const { tenant_id } = actor
    const { id, content } = artifact
    await tx.query(sql`
      update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
    await insert(tx, actor, now.toISOString(), artifact)
    const object = eventObject('artifact', id, { name: content.name })
    await recordEvent(tx, actor, { at: now, action: 'upload', object })
  })

async function insert(tx: Db, actor: Actor, now: string, artifact: NewArtifact) {
  const { id, description, combinations, size, content } = artifact
  const { tenant_id } = actor
  const { name } = content
  const release = await tx.first(sql`
    insert into releases as r (tenant_id, name, modified) values (${tenant_id}, ${name}, ${now})
    on conflict (tenant_id, name) do update set modified = excluded.modified where true ${andVisible(actor)}
    returning 1`)
  // The release exists, out of the actor's scope.
  if (!release) throw roleForbids()
  await tx.query(sql`
    insert into artifacts (tenant_id, id, name, description, device_types_compatible, info, signed, updates,
      artifact_provides, artifact_depends, clears_artifact_provides, size, created, modified)
    values (${tenant_id}, ${id}, ${name}, ${description}, ${content.device_types_compatible},
      ${JSON.stringify(content.info)}, ${content.signed}, ${JSON.stringify(content.updates)},
      ${JSON.stringify(content.artifact_provides)}, ${JSON.stringify(content.artifact_depends)},
      ${content.clears_artifact_provides}, ${size}, ${now}, ${now})`)
  await tx.query(sql`
    insert into artifact_combinations (tenant_id, artifact_name, combination, artifact_id)
    select ${tenant_id}, ${name}, combination, ${id} from unnest(${combinations}::text[]) as combination`)
}
