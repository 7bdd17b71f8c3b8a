import type { Readable } from 'node:stream'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { artifactNotFound, linkExpired } from '../errors.ts'
import { isLinkValid, type LinkParameters } from './artifact-link.ts'

export type Download = {
  name: string
  size: number
  /** Identifies the bytes. They never change, but after a deletion a client may reuse the id. */
  version: string
  read(range: { start: number; end: number }): Promise<Readable>
}

/** Finds the file behind a signed link. */
export async function openDownload(env: Env, link: LinkParameters): Promise<Download> {
  if (!isLinkValid(env, link)) throw linkExpired()
  const { tenant_id, id } = link
  const found = await env.db.first<{ name: string; size: number; created: string }>(sql`
    select name, size, created from artifacts where tenant_id = ${tenant_id} and id = ${id}`)
  if (!found) throw artifactNotFound()
  const read = async (range: { start: number; end: number }) => {
    const content = await env.blobs.read(`${tenant_id}/${id}`, range)
    // Deleted in the meantime.
    if (!content) throw artifactNotFound()
    return content
  }
  const { name, size, created } = found
  return { name, size, version: `${id}-${Date.parse(created)}`, read }
}
