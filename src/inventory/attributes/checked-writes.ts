import { raw, type Sql, sql } from '../../db/sql.ts'

/** Writes to scopes of devices, at most one to each device. */
export type ScopeWriteRows = readonly { at: number; tenant_id: string; device_id: string }[]
export type CheckedWrite = {
  at: number
  is_expected: boolean
  is_few: boolean
  is_small: boolean
  is_changed: boolean
  device_version: number
}

const MOST_BYTES = 2 ** 20

/** The version of a device's tags: changes when they do. */
export const TAGS_ETAG = raw(
  `md5(coalesce(d.attributes -> 'tags', '{}')::text || coalesce(d.attribute_notes -> 'tags', '{}')::text)`,
)

/** The writes as rows `g`. */
export const writeRows = (given: ScopeWriteRows): Sql => sql`
  jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g (at int, tenant_id text, device_id text, within text[], scope text,
    "replace" boolean, "values" jsonb, notes jsonb, if_match text[], check_in boolean, most int)`

/** The write `g` is to the device `d`. */
export const IS_MEANT = raw(
  'd.tenant_id = g.tenant_id and d.id = g.device_id and (g.within is null or d.group_name = any(g.within))',
)

/** What the scope of `d` is after the write `g`. */
export const NEW_VALUES = raw(
  `case when g."replace" then g."values" else coalesce(d.attributes -> g.scope, '{}') || g."values" end`,
)
export const NEW_NOTES = raw(
  `case when g."replace" then g.notes else coalesce(d.attribute_notes -> g.scope, '{}') || g.notes end`,
)

/** What each write would change, and whether it may, as `judged`; `locking`: how the devices' rows are locked. */
export const checkedWrites = (given: ScopeWriteRows, locking: Sql): Sql => sql`
  given as (select * from ${writeRows(given)}),
  merged as (
    select g.*, d.device_version, ${TAGS_ETAG} as etag,
      coalesce(d.attributes -> g.scope, '{}') as old_values, coalesce(d.attribute_notes -> g.scope, '{}') as old_notes,
      ${NEW_VALUES} as new_values, ${NEW_NOTES} as new_notes
    from given g join devices d on ${IS_MEANT} ${locking}
  ), judged as (
    select merged.*, new_values <> old_values or new_notes <> old_notes as is_changed,
      if_match is null or etag = any(if_match) as is_expected,
      (select count(*) from jsonb_object_keys(new_values)) <= most as is_few,
      octet_length(new_values::text) + octet_length(new_notes::text) <= ${MOST_BYTES}::int as is_small
    from merged
  )`

/** `set ..` of a device `d`, whose scope becomes `values` and `notes`. */
export const changes = (
  now: string,
  { scope, values, notes, check_in }: Record<'scope' | 'values' | 'notes' | 'check_in', Sql>,
): Sql => sql`
  attributes = jsonb_set(d.attributes, array[${scope}], ${values}),
  attribute_notes = case
    when ${notes} = '{}' then nullif(d.attribute_notes - ${scope}, '{}')
    else jsonb_set(coalesce(d.attribute_notes, '{}'), array[${scope}], ${notes}) end,
  device_version = d.device_version + 1,
  attributes_updated_ts = ${now}::timestamptz,
  check_in_time = case when ${check_in} then greatest(d.check_in_time, ${now}::timestamptz) else d.check_in_time end`

export const OUTCOME = raw(
  'at, is_expected, is_few, is_small, is_changed, device_version + is_changed::int as device_version',
)
