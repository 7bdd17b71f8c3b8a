import { raw, type Sql, sql } from '../../db/sql.ts'

/** Writes to scopes of devices, at most one per device. */
export type ScopeWriteRows = readonly { at: number; tenant_id: string; device_id: string; check_in: boolean }[]

/** A write that is only executed if it meets all of the conditions and changes something. `at`: its position. */
export type CheckedWrite = {
  at: number
  etag_matches: boolean
  fits_count: boolean
  fits_size: boolean
  is_changed: boolean
  device_version: number
}

const MAX_BYTES = 2 ** 20

/** The entity tag of a device's tags, which changes when they do. */
export const TAGS_ETAG = raw(
  `md5(coalesce(d.attributes -> 'tags', '{}')::text || coalesce(d.attribute_notes -> 'tags', '{}')::text)`,
)

/** The writes as rows `w`. */
export const writeRows = (rows: ScopeWriteRows): Sql => sql`
  jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as w (at int, tenant_id text, device_id text, within text[],
    scope text, "replace" boolean, "values" jsonb, notes jsonb, if_match text[], check_in boolean, max_attributes int)`

/** The write `w` is to the device `d`. */
export const IS_TARGET = raw(
  'd.tenant_id = w.tenant_id and d.id = w.device_id and (w.within is null or d.group_name = any(w.within))',
)

/** The scope of `d` after the write `w`. */
export const NEW_VALUES = raw(
  `case when w."replace" then w."values" else coalesce(d.attributes -> w.scope, '{}') || w."values" end`,
)
export const NEW_NOTES = raw(
  `case when w."replace" then w.notes else coalesce(d.attribute_notes -> w.scope, '{}') || w.notes end`,
)

/**
 * Common table expressions; the last, `checked`, has each write with its conditions. `rest`: what follows
 * the join with `devices d`, such as a clause that locks them.
 */
export const checkedWrites = (rows: ScopeWriteRows, rest: Sql): Sql => sql`
  writes as (select * from ${writeRows(rows)}),
  merged as (
    select w.*, d.device_version, ${TAGS_ETAG} as etag,
      coalesce(d.attributes -> w.scope, '{}') as old_values, coalesce(d.attribute_notes -> w.scope, '{}') as old_notes,
      ${NEW_VALUES} as new_values, ${NEW_NOTES} as new_notes
    from writes w join devices d on ${IS_TARGET} ${rest}
  ), checked as (
    select merged.*, new_values <> old_values or new_notes <> old_notes as is_changed,
      if_match is null or etag = any(if_match) as etag_matches,
      (select count(*) from jsonb_object_keys(new_values)) <= max_attributes as fits_count,
      octet_length(new_values::text) + octet_length(new_notes::text) <= ${MAX_BYTES}::int as fits_size
    from merged
  )`

/** The columns that a statement selects from `checked`. */
export const OUTCOME = raw(
  'at, etag_matches, fits_count, fits_size, is_changed, device_version + is_changed::int as device_version',
)

/** The `set` clause for a device `d` whose scope becomes `values` and `notes`. */
export const assignments = (
  now: string,
  { scope, values, notes }: Record<'scope' | 'values' | 'notes', Sql>,
): Sql => sql`
  attributes = jsonb_set(d.attributes, array[${scope}], ${values}),
  attribute_notes = case
    when ${notes} = '{}' then nullif(d.attribute_notes - ${scope}, '{}')
    else jsonb_set(coalesce(d.attribute_notes, '{}'), array[${scope}], ${notes}) end,
  device_version = d.device_version + 1,
  attributes_updated_ts = ${now}::timestamptz`

/** Stores the check-ins of the devices that wrote themselves. `from`: rows with their `tenant_id` and `device_id`. */
export const checkIn = (now: string, from: Sql): Sql => sql`
  insert into check_ins as c (tenant_id, device_id, at) select tenant_id, device_id, ${now}::timestamptz from ${from}
  on conflict (device_id, tenant_id) do update set at = excluded.at where c.at < excluded.at`
