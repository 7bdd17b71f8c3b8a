import type { Viewer } from '../auth/devices/visible-devices.ts'
import type { Db } from '../db/db.ts'
import { and, byColumn, empty, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { artifactNotFound } from '../errors.ts'
import { containsText, startsWith } from '../inventory/patterns/any-case.ts'
import type { Artifact } from './artifact.ts'
import { andOfVisible } from './visible-releases.ts'

/** Exactly one of several texts, a prefix, or any part; prefix and part ignore case. */
type TextCondition = { exact: readonly string[] } | { prefix: string } | { part: string }

export type ArtifactQuery = {
  name?: TextCondition | undefined
  description?: TextCondition | undefined
  /** Of any of the device types. */
  device_type?: TextCondition | undefined
}

export type ArtifactSlice = { order: { by: 'name' | 'modified'; ascending: boolean }; limit?: number; offset?: number }

export async function findArtifacts(
  { db: { reads } }: Pick<Env, 'db'>,
  { viewer, ...query }: ArtifactQuery & { viewer: Viewer },
  { order, limit, offset = 0 }: ArtifactSlice,
): Promise<{ total: number; artifacts: Artifact[] }> {
  const where = sql`where tenant_id = ${viewer.tenant_id} and ${and(conditions(query))} ${andOfVisible(viewer)}`
  const page = limit === undefined ? empty : sql`limit ${limit} offset ${offset}`
  const direction = raw(order.ascending ? 'asc' : 'desc')
  const artifacts = await reads.query<Artifact>(sql`
    select ${ARTIFACT} from artifacts a ${where} order by ${byColumn(order.by)} ${direction}, id ${page}`)
  if (limit === undefined) return { total: artifacts.length, artifacts }
  const count = await reads.first<{ total: number }>(sql`select count(*) as total from artifacts a ${where}`)
  return { total: count?.total ?? 0, artifacts }
}

export async function findArtifact(db: Db, viewer: Viewer, id: string): Promise<Artifact> {
  const found = await db.first<Artifact>(sql`
    select ${ARTIFACT} from artifacts a where tenant_id = ${viewer.tenant_id} and id = ${id} ${andOfVisible(viewer)}`)
  if (!found) throw artifactNotFound()
  return found
}

/** The artifact with an id, for no user; undefined: it was deleted. */
export const findArtifactById = async (db: Db, tenant_id: string, id: string): Promise<Artifact | undefined> =>
  (await findArtifactsById(db, tenant_id, [id]))[0]

/**
 * Every artifact with one of these names, newest first. Those known are not read again, but for whether they are still
 * there.
 */
export async function findArtifactsNamed(
  db: Db,
  tenant_id: string,
  names: readonly string[],
  known: ReadonlyMap<string, Artifact> = new Map(),
): Promise<Artifact[]> {
  const there = await db.query<{ id: string }>(sql`
    select id from artifacts where tenant_id = ${tenant_id} and name = any(${names}) order by modified desc, id`)
  const ids = there.map(({ id }) => id)
  const read = await findArtifactsById(
    db,
    tenant_id,
    ids.filter((id) => !known.has(id)),
  )
  const byId = new Map([...known, ...read.map((artifact) => [artifact.id, artifact] as const)])
  return ids.flatMap((id) => byId.get(id) ?? [])
}

const findArtifactsById = async (db: Db, tenant_id: string, ids: readonly string[]): Promise<Artifact[]> =>
  ids.length === 0
    ? []
    : db.query<Artifact>(sql`select ${ARTIFACT} from artifacts where tenant_id = ${tenant_id} and id = any(${ids})`)

const ARTIFACT = raw(`id, name, description, device_types_compatible, info,
  case when info ->> 'format' = 'mender' then 'mender' else 'ddi' end as dialect, signed, updates, artifact_provides,
  artifact_depends, clears_artifact_provides, size, modified`)

function conditions({ name, description, device_type }: ArtifactQuery): Sql[] {
  return [
    name && meets(raw('name'), name),
    description && meets(raw('description'), description),
    device_type &&
      sql`exists (
        select 1 from unnest(device_types_compatible) as t (device_type)
        where ${meets(raw('device_type'), device_type)})`,
  ].filter((condition) => condition !== undefined)
}

function meets(text: Sql, condition: TextCondition): Sql {
  if ('exact' in condition) return sql`${text} = any(${condition.exact})`
  return 'prefix' in condition ? startsWith(text, condition.prefix) : containsText(text, condition.part)
}
