import type { Readable } from 'node:stream'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { artifactNotFound } from '../errors.ts'
import { type FileLabel, labelOf } from './file-headers.ts'

export type OpenFile = FileLabel & {
  size: number
  /** Identifies the bytes. They never change, but after a deletion a client may reuse the id. */
  version: string
  read(range: { start: number; end: number }): Promise<Readable>
}

/** `download_limits`: of the tenant, as stored, in the same statement: downloads without limits cost no other. */
export type StoredFile = OpenFile & { download_limits: object }

type Row = { name: string; file_name: string | null; size: number; created: string; download_limits: object }

/** Finds the file of an artifact. */
export async function openFile(env: Env, { tenant_id, id }: { tenant_id: string; id: string }): Promise<StoredFile> {
  const found = await env.db.first<Row>(sql`
    select name, size, created,
      case when info ->> 'format' <> 'mender' then updates #>> '{0,files,0,name}' end as file_name,
      (select t.download_limits from tenants t where t.tenant_id = a.tenant_id) as download_limits
    from artifacts a where tenant_id = ${tenant_id} and id = ${id}`)
  if (!found) throw artifactNotFound()
  const read = async (range: { start: number; end: number }) => {
    const content = await env.blobs.read(`${tenant_id}/${id}`, range)
    // Deleted in the meantime.
    if (!content) throw artifactNotFound()
    return content
  }
  const { name, file_name, size, created, download_limits } = found
  return {
    ...labelOf(name, file_name ?? undefined),
    size,
    version: `${id}-${Date.parse(created)}`,
    download_limits,
    read,
  }
}
