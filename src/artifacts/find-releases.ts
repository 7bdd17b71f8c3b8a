import type { Viewer } from '../auth/devices/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { and, byColumn, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { releaseNotFound } from '../errors.ts'
import { containsText, startsWith } from '../inventory/patterns/any-case.ts'
import type { Artifact } from './artifact.ts'
import { findArtifactsNamed } from './find-artifacts.ts'
import type { Release } from './release.ts'
import { andVisible } from './visible-releases.ts'

export type ReleaseQuery = {
  /** Part of the name, in any case. */
  name?: string | undefined
  prefix?: string | undefined
  /** Exactly one of these. */
  names?: readonly string[] | undefined
  /** Part of an artifact's description, in any case. */
  description?: string | undefined
  device_type?: string | undefined
  update_type?: string | undefined
  /** Any of these. */
  tags?: readonly string[] | undefined
  /** A condition that no release meets. */
  none?: boolean
}

export const RELEASE_ORDERS = ['name', 'modified', 'artifacts_count', 'tags'] as const

export type ReleaseSlice = {
  order: { by: (typeof RELEASE_ORDERS)[number]; ascending: boolean }
  limit: number
  offset: number
}

type Row = Omit<Release, 'artifacts'>

export async function findReleases(
  { db: { reads } }: Pick<Env, 'db'>,
  { viewer, ...query }: ReleaseQuery & { viewer: Viewer },
  { order, limit, offset }: ReleaseSlice,
): Promise<{ total: number; releases: Release[] }> {
  const where = sql`where r.tenant_id = ${viewer.tenant_id} and ${and(conditions(query))} ${andVisible(viewer)}`
  const direction = raw(order.ascending ? 'asc' : 'desc')
  const rows = await reads.query<Row>(sql`
    select ${RELEASE} from releases r ${where}
    order by ${byColumn(order.by)} ${direction}, ${byColumn('name')} limit ${limit} offset ${offset}`)
  const count = await reads.first<{ total: number }>(sql`select count(*) as total from releases r ${where}`)
  return { total: count?.total ?? 0, releases: await withArtifacts(reads, viewer.tenant_id, rows) }
}

export async function findRelease(db: Db, viewer: Viewer, name: string): Promise<Release> {
  const rows = await db.query<Row>(sql`
    select ${RELEASE} from releases r where r.tenant_id = ${viewer.tenant_id} and r.name = ${name} ${andVisible(viewer)}`)
  const [found] = await withArtifacts(db, viewer.tenant_id, rows)
  if (!found) throw releaseNotFound()
  return found
}

async function withArtifacts(db: Db, tenant_id: string, rows: readonly Row[]): Promise<Release[]> {
  const artifacts = await findArtifactsNamed(
    db,
    tenant_id,
    rows.map(({ name }) => name),
  )
  const by_name = new Map<string, Artifact[]>()
  for (const artifact of artifacts) by_name.set(artifact.name, [...(by_name.get(artifact.name) ?? []), artifact])
  return rows.map((row) => {
    const own = by_name.get(row.name) ?? []
    return { ...row, artifacts: own, artifacts_count: own.length }
  })
}

const RELEASE = raw(`r.name, r.modified, r.tags, r.notes, (
  select count(*) from artifacts a where a.tenant_id = r.tenant_id and a.name = r.name) as artifacts_count`)

function conditions({ names, none, tags, ...query }: ReleaseQuery): Sql[] {
  const { name, prefix, description, device_type, update_type } = query
  return [
    none && raw('false'),
    names !== undefined && sql`r.name = any(${names}::text[])`,
    name !== undefined && containsText(raw('r.name'), name),
    prefix !== undefined && startsWith(raw('r.name'), prefix),
    tags !== undefined && sql`r.tags && ${tags}::text[]`,
    description !== undefined && someArtifact(containsText(raw('a.description'), description)),
    device_type !== undefined && someArtifact(sql`${device_type} = any(a.device_types_compatible)`),
    update_type !== undefined &&
      someArtifact(sql`a.updates @> ${JSON.stringify([{ type_info: { type: update_type } }])}::jsonb`),
  ].filter((condition) => condition !== undefined && condition !== false)
}

const someArtifact = (condition: Sql): Sql => sql`exists (
  select 1 from artifacts a where a.tenant_id = r.tenant_id and a.name = r.name and ${condition})`
