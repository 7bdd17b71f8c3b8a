import { batched } from '../db/batch.ts'
import { unlessDistributed } from '../db/citus/unless-distributed.ts'
import type { Db, Transaction } from '../db/db.ts'
import { lockDevices } from '../db/locks/device-lock.ts'
import { sql } from '../db/sql.ts'
import { type Env, nowText } from '../env.ts'
import { attributesTooLarge, deviceNotInInventory, tagsChanged, tooManyAttributes } from '../errors.ts'
import { byName, type NewAttribute, requireAttributes } from './attribute.ts'
import type { CheckedWrite, ScopeWriteRows } from './checked-writes.ts'
import { writeDistributed } from './write-distributed.ts'
import { writeInOneStatement } from './write-in-one-statement.ts'

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

/** All or nothing. What changes nothing writes nothing. Answers the version that the device's attributes have now. */
export async function writeScope(env: Env, write: ScopeWrite): Promise<number> {
  requireAttributes(write.attributes)
  const outcome = await writeBatched(env, write)
  requireWritten(outcome)
  return outcome.device_version
}

/** The same in one transaction with `after`, which runs where it changed something, with the device as it was before. */
export async function writeScopeAlone(env: Env, write: ScopeWrite, after: AfterWrite): Promise<void> {
  requireAttributes(write.attributes)
  const writing = { now: nowText(env), given: toGiven([write]), devices: [write] }
  const alone = (judge: (tx: Transaction) => Promise<CheckedWrite[]>) => () =>
    env.db.transaction(async (tx) => {
      await lockDevices(tx, [write])
      const before = await holdDevice(tx, write)
      const [outcome] = await judge(tx)
      requireWritten(outcome)
      if (before && outcome.is_changed) await after(tx, before)
    })
  await unlessDistributed(env, {
    whole: alone((tx) => writeInOneStatement(tx, writing)),
    distributed: alone((tx) => writeDistributed(tx, writing)),
  })
}

export type AfterWrite = (tx: Db, before: WrittenDevice) => Promise<void>
export type WrittenDevice = { device_id: string; identity_data: object; tags: Record<string, unknown> }

const holdDevice = (tx: Db, { tenant_id, device_id }: ScopeWrite) =>
  tx.first<WrittenDevice>(sql`
    select d.id as device_id, d.identity_data, coalesce(d.attributes -> 'tags', '{}') as tags
    from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} for no key update`)

function requireWritten(outcome: Outcome): asserts outcome is NonNullable<Outcome> {
  if (outcome === undefined) throw deviceNotInInventory()
  if (!outcome.is_expected) throw tagsChanged()
  if (!outcome.is_few) throw tooManyAttributes()
  if (!outcome.is_small) throw attributesTooLarge()
}

type Outcome = Omit<CheckedWrite, 'at'> | undefined

const writeBatched = batched<Env, ScopeWrite, Outcome>(writeInTurns, { maxSize: 100, name: 'inventory' })

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
      env,
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

async function writeAll(env: Env, now: string, writes: ScopeWrite[]): Promise<Outcome[]> {
  const writing = { now, given: toGiven(writes), devices: writes }
  const rows = await unlessDistributed(env, {
    whole: () => writeInOneStatement(env.db, writing),
    distributed: () => env.db.transaction((tx) => writeDistributed(tx, writing)),
  })
  const byPosition = new Map(rows.map((row) => [row.at, row]))
  return writes.map((_, at) => byPosition.get(at))
}

const toGiven = (writes: readonly ScopeWrite[]): ScopeWriteRows =>
  writes.map(({ attributes, scope, within = null, if_match = null, check_in = false, ...write }, at) => {
    const { values, notes } = byName(attributes)
    return { ...write, at, within, scope, values, notes, if_match, check_in, most: MOST[scope] }
  })
