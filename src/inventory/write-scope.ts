import { batched } from '../db/batch.ts'
import type { Db } from '../db/db.ts'
import { raw, sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { attributesTooLarge, deviceNotInInventory, tagsChanged, tooManyAttributes } from '../errors.ts'
import { byName, type NewAttribute, requireAttributes } from './attribute.ts'

/** New attributes for one scope of a device: besides those that are there, or in their place. */
export type ScopeWrite = {
  tenant_id: string
  device_id: string
  /** Groups in one of which the device must be. */
  within?: readonly string[] | null
  scope: 'inventory' | 'tags'
  replace: boolean
  attributes: readonly NewAttribute[]
  /** Written by the device itself, which thereby has checked in: noted in the same row, where that is written at all. */
  check_in?: boolean
  /** Versions of the tags, one of which it must be. */
  if_match?: readonly string[] | undefined
}

const MOST = { inventory: 100, tags: 20 }
const MOST_BYTES = 2 ** 20

/** The version of a device's tags: changes when they do. */
export const TAGS_ETAG = raw(
  `md5(coalesce(d.attributes -> 'tags', '{}')::text || coalesce(d.attribute_notes -> 'tags', '{}')::text)`,
)

/** All or nothing. What changes nothing writes nothing. Answers the version that the device's attributes have now. */
export async function writeScope(env: Env, write: ScopeWrite): Promise<number> {
  requireAttributes(write.attributes)
  const outcome = await writeBatched(env, write)
  if (outcome === undefined) throw deviceNotInInventory()
  if (!outcome.is_expected) throw tagsChanged()
  if (!outcome.is_few) throw tooManyAttributes()
  if (!outcome.is_small) throw attributesTooLarge()
  return outcome.attributes_version
}

type Outcome = { is_expected: boolean; is_few: boolean; is_small: boolean; attributes_version: number } | undefined

const writeBatched = batched<Env, ScopeWrite, Outcome>(writeInTurns, { size: 100, name: 'inventory' })

/** One statement can change a device once: of several writes to one device each waits for the one before. */
async function writeInTurns(env: Env, writes: ScopeWrite[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(writes.length)
  let left = writes.map((write, at) => ({ write, at }))
  while (left.length > 0) {
    const turn = new Map<string, (typeof left)[number]>()
    const later: typeof left = []
    for (const one of left) {
      const key = `${one.write.tenant_id}/${one.write.device_id}`
      if (turn.has(key)) later.push(one)
      else turn.set(key, one)
    }
    const now = [...turn.values()]
    const answers = await writeAll(
      env.db,
      nowText(env),
      now.map(({ write }) => write),
    )
    now.forEach(({ at }, i) => {
      outcomes[at] = answers[i]
    })
    left = later
  }
  return outcomes
}

async function writeAll(db: Db, now: string, writes: ScopeWrite[]): Promise<Outcome[]> {
  const given = writes.map(({ attributes, scope, within = null, if_match = null, check_in = false, ...write }, at) => {
    const { values, notes } = byName(attributes)
    return { ...write, at, within, scope, values, notes, if_match, check_in, most: MOST[scope] }
  })
  const rows = await db.query<{ at: number } & NonNullable<Outcome>>(sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given (at int, tenant_id text, device_id text,
        within text[], scope text, "replace" boolean, "values" jsonb, notes jsonb, if_match text[], check_in boolean, most int)
    ), locked as (
      -- In one order, so that batches never wait for each other; the newest version, whoever wrote it.
      select g.*, d.attributes_version, ${TAGS_ETAG} as etag,
        coalesce(d.attributes -> g.scope, '{}') as old_values, coalesce(d.attribute_notes -> g.scope, '{}') as old_notes
      from given g join devices d on d.tenant_id = g.tenant_id and d.id = g.device_id
      where g.within is null or d.group_name = any(g.within)
      order by d.tenant_id, d.id
      for no key update of d
    ), merged as (
      select locked.*,
        case when "replace" then "values" else old_values || "values" end as new_values,
        case when "replace" then notes else old_notes || notes end as new_notes
      from locked
    ), judged as (
      select merged.*, new_values <> old_values or new_notes <> old_notes as is_changed,
        if_match is null or etag = any(if_match) as is_expected,
        (select count(*) from jsonb_object_keys(new_values)) <= most as is_few,
        octet_length(new_values::text) + octet_length(new_notes::text) <= ${MOST_BYTES}::int as is_small
      from merged
    ), written as (
      update devices d set
        attributes = jsonb_set(d.attributes, array[scope], new_values),
        attribute_notes = case
          when new_notes = '{}' then nullif(d.attribute_notes - scope, '{}')
          else jsonb_set(coalesce(d.attribute_notes, '{}'), array[scope], new_notes) end,
        attributes_version = d.attributes_version + 1,
        attributes_updated_ts = ${now}::timestamptz,
        check_in_time = case when check_in then greatest(d.check_in_time, ${now}::timestamptz) else d.check_in_time end
      from judged j
      where d.tenant_id = j.tenant_id and d.id = j.device_id and is_expected and is_few and is_small
        and is_changed
    )
    select at, is_expected, is_few, is_small, attributes_version + is_changed::int as attributes_version from judged`)
  const byPosition = new Map(rows.map((row) => [row.at, row]))
  return writes.map((_, at) => byPosition.get(at))
}
