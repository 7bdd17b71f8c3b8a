import { createHash } from 'node:crypto'
import { BlobExists, type Blobs } from '../blobs/blobs.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

export type Move = {
  from: Blobs
  to: Blobs
  /** Also leaves the files in the first store, so that links to it stay valid. */
  keep: boolean
  onProgress: (progress: MoveProgress) => void
}
export type MoveProgress = { artifacts: number; of: number; size: number; of_size: number }
/** `there`: artifacts that needed no move. */
export type Moved = { moved: number; there: number; problems: string[] }

type ArtifactRow = { tenant_id: string; id: string; name: string; size: number }

/**
 * Brings the files of all artifacts from one store to another, each compared by SHA-256 before it leaves the first. It
 * may be cut off at any moment and run again: each file is whole in one of the stores, or in both.
 */
export async function moveArtifacts(env: Env, { onProgress, ...move }: Move): Promise<Moved> {
  const items = await findAll(env)
  const progress = { artifacts: 0, of: items.length, size: 0, of_size: items.reduce((sum, { size }) => sum + size, 0) }
  const done: Moved = { moved: 0, there: 0, problems: [] }
  for (const item of items) {
    const outcome = await moveOne(env, move, item)
    if (typeof outcome === 'string') done.problems.push(`${item.name} (${item.id}): ${outcome}`)
    else done[outcome ? 'moved' : 'there']++
    progress.artifacts++
    progress.size += item.size
    onProgress(progress)
  }
  return done
}

/** Returns whether there was anything to do, or a problem. */
async function moveOne(
  env: Env,
  { from, to, keep }: Omit<Move, 'onProgress'>,
  item: ArtifactRow,
): Promise<boolean | string> {
  const key = `${item.tenant_id}/${item.id}`
  const size = await from.sizeOf(key)
  if (size === undefined) return (await to.sizeOf(key)) === item.size || (await isGone(env, item)) ? false : MISSING
  if (size !== item.size) return `its file has ${size} bytes instead of ${item.size}, and stays where it is`
  const copied = await copy(from, to, key)
  const [was, is] = [await digest(from, key), await digest(to, key)]
  // The artifact was deleted in the meantime, before its copy was in the second store.
  const deleted = (await from.sizeOf(key)) === undefined
  if (copied && (deleted || was !== is)) await to.delete(key)
  if (deleted) return false
  if (was !== is) return 'the copy differs from its file, which stays where it is'
  if (!keep) await from.delete(key)
  return copied || !keep
}

const MISSING = 'its file is in neither place'

/** Returns whether this call wrote the copy. */
async function copy(from: Blobs, to: Blobs, key: string): Promise<boolean> {
  const size = await from.sizeOf(key)
  const content = size && (await from.read(key, { start: 0, end: size - 1 }))
  if (!content) return false
  try {
    await to.put(key, content)
    return true
  } catch (error) {
    if (error instanceof BlobExists) return false
    throw error
  }
}

async function digest(blobs: Blobs, key: string): Promise<string | undefined> {
  const size = await blobs.sizeOf(key)
  const content = size && (await blobs.read(key, { start: 0, end: size - 1 }))
  if (!content) return undefined
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}

const findAll = (env: Env) =>
  env.db.query<ArtifactRow>(sql`select tenant_id, id, name, size from artifacts order by tenant_id, id`)

const isGone = async (env: Env, { tenant_id, id }: ArtifactRow): Promise<boolean> =>
  (await env.db.first(sql`select 1 from artifacts where tenant_id = ${tenant_id} and id = ${id}`)) === undefined
