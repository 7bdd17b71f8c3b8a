import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import type { Db } from '../../db/db.ts'
import { and, raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { termsToSql } from '../filters/filter-to-sql.ts'
import { containsText, pathContainsText } from '../patterns/any-case.ts'
import type { Query } from '../query.ts'

/** A condition on `devices` aliased `d`: the devices that the viewer sees and that match a query. */
export async function conditionOf(
  { db: { reads } }: Env,
  viewer: Viewer,
  { terms, device_ids = [], text = '' }: Query,
): Promise<Sql> {
  const conditions = [sql`d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`, termsToSql(terms)]
  if (device_ids.length > 0) conditions.push(sql`d.id = any(${device_ids.map(toStoredId)}::text[])`)
  if (text === '') return and(conditions)
  const identified = and([...conditions, await isIdentifiedBy(reads, viewer, text)])
  const found = await reads.first(sql`select 1 from devices d where ${identified} limit 1`)
  return found ? identified : and([...conditions, containsAnywhere(text)])
}

const SAMPLE_SIZE = 100

/** The text is the id or an identity attribute of the device, which are indexed. */
async function isIdentifiedBy(db: Db, { tenant_id }: Viewer, text: string): Promise<Sql> {
  const names = await db.query<{ name: string }>(sql`
    select distinct jsonb_object_keys(attributes -> 'identity') as name
    from (select attributes from devices where tenant_id = ${tenant_id} order by id limit ${SAMPLE_SIZE}) d`)
  const value = JSON.stringify(text)
  const paths = names.map(({ name }) => `$.identity.${JSON.stringify(name)} == ${value}`)
  return paths.length === 0
    ? sql`d.id = ${toStoredId(text)}`
    : sql`(d.id = ${toStoredId(text)} or d.attributes @@ ${paths.join(' || ')}::jsonpath)`
}

/** The id, the group or an attribute contains the text, ignoring case. Scans all devices. */
const containsAnywhere = (text: string): Sql => sql`(${pathContainsText('$.*.*', text)}
  or ${containsText(raw('d.id'), text)} or ${containsText(raw("coalesce(d.group_name, '')"), text)})`
