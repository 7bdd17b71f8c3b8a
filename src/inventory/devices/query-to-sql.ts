import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { namingIn, type Settings } from '../../auth/settings.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import type { Db } from '../../db/db.ts'
import { and, raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { columnOf } from '../filter.ts'
import { termsToSql } from '../filters/filter-to-sql.ts'
import { containsText, pathContainsText } from '../patterns/any-case.ts'
import type { Query } from '../query.ts'

/** A condition on `devices` aliased `d`: the devices that the viewer sees and that match a query. */
export async function conditionOf(
  { db: { reads } }: Env,
  viewer: Viewer,
  { terms, device_ids = [], text = '' }: Omit<Query, 'page'>,
): Promise<Sql> {
  const conditions = [sql`d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`, termsToSql(terms)]
  if (device_ids.length > 0) conditions.push(sql`d.id = any(${device_ids.map(toStoredId)}::text[])`)
  if (text === '') return and(conditions)
  const identified = and([...conditions, await isIdentifiedBy(reads, viewer, text)])
  const found = await reads.first(sql`select 1 from devices d where ${identified} limit 1`)
  return found ? identified : and([...conditions, containsAnywhere(text)])
}

const SAMPLE_SIZE = 100

/** The text is the id, an identity attribute or the name of the device, which are indexed. */
async function isIdentifiedBy(db: Db, { tenant_id }: Viewer, text: string): Promise<Sql> {
  const names = await db.query<{ name: string }>(sql`
    select distinct jsonb_object_keys(attributes -> 'identity') as name
    from (select attributes from devices where tenant_id = ${tenant_id} order by id limit ${SAMPLE_SIZE}) d`)
  const identity = names.map(({ name }) => `$.identity.${JSON.stringify(name)}`)
  const paths = [...identity, ...(await namePath(db, tenant_id))].map((path) => `${path} == ${JSON.stringify(text)}`)
  return paths.length === 0
    ? sql`d.id = ${toStoredId(text)}`
    : sql`(d.id = ${toStoredId(text)} or d.attributes @@ ${paths.join(' || ')}::jsonpath)`
}

/** The path of the attribute by which devices are called, unless it is a column. */
async function namePath(db: Db, tenant_id: string): Promise<string[]> {
  const row = await db.first<{ settings: Settings }>(sql`select settings from tenants where tenant_id = ${tenant_id}`)
  const naming = namingIn(row?.settings ?? {})
  if (!naming || columnOf(naming.scope, naming.attribute)) return []
  return [`$.${JSON.stringify(naming.scope)}.${JSON.stringify(naming.attribute)}`]
}

/** The id, the group or an attribute contains the text, ignoring case. Scans all devices. */
const containsAnywhere = (text: string): Sql => sql`(${pathContainsText('$.*.*', text)}
  or ${containsText(raw('d.id'), text)} or ${containsText(raw("coalesce(d.group_name, '')"), text)})`
