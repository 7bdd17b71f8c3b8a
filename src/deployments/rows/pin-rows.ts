import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import { andVisible } from '../../auth/devices/visible-devices.ts'
import { byShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { prepared, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import { eventObject } from '../../events/event.ts'
import { type NewEvent, recordEvent } from '../../events/record-event.ts'
import type { StoredPin } from '../pin.ts'

type Device = { tenant_id: string; device_id: string }

const keyOf = ({ tenant_id, device_id }: Device) => `${tenant_id}/${device_id}`

/** `pinned_until` of a device, for those that have one. */
export type Pins = { of(device: Device): string | null }

export async function readPins(tx: Db, devices: readonly Device[]): Promise<Pins> {
  const reads = byShard(tx, devices, ({ device_id }) => device_id).map((some) => readSome(tx, some))
  const found = new Map((await Promise.all(reads)).flat().map((row) => [keyOf(row), row.pinned_until]))
  return { of: (device) => found.get(keyOf(device)) ?? null }
}

function readSome(tx: Db, devices: readonly Device[]) {
  const ids = devices.map(({ device_id }) => device_id)
  return tx.query<Device & { pinned_until: string }>(
    prepared(sql`
      select d.tenant_id, d.id as device_id, d.pinned_until
      from unnest(${textArray(devices, ({ tenant_id }) => tenant_id)}, ${textArray(ids, (id) => id)})
          as given (tenant_id, device_id)
        join devices d on d.tenant_id = given.tenant_id and d.id = given.device_id ${narrowed(tx, sql`d.id`, ids)}
      where d.pinned_until is not null`),
  )
}

/** The pin of a device, also one that has ended and is not removed yet. */
export async function readPin(db: Db, { tenant_id, device_id }: Device): Promise<StoredPin | undefined> {
  const row = await db.first<StoredPin | { pinned_until: null }>(sql`
    select pinned_until, pin from devices where tenant_id = ${tenant_id} and id = ${device_id}`)
  return row?.pinned_until == null ? undefined : row
}

type PinChange = Pick<NewEvent, 'at' | 'change'> & {
  ids: readonly string[]
  action: 'pin' | 'unpin'
  to: StoredPin | null
}
type Pinned = { id: string; identity_data: object; pinned_until: string | null; device_version: number }

/**
 * Sets or removes the pins of those devices that the actor sees, with one event for all that it changes. Returns the ids
 * of those that it found.
 */
export async function changePins(tx: Transaction, actor: Actor, change: PinChange): Promise<string[]> {
  const { tenant_id } = actor
  // Locks: the devices, their rows, then the tenant (CONTRIBUTING.md, "Locks").
  const sorted = change.ids.toSorted()
  await lockDevices(
    tx,
    sorted.map((device_id) => ({ tenant_id, device_id })),
  )
  const found = (await Promise.all(sorted.map((id) => lockRow(tx, actor, id)))).filter((row) => row !== undefined)
  const changing = found.filter(({ pinned_until }) => change.to !== null || pinned_until !== null)
  if (changing.length > 0) {
    await Promise.all(changing.map(({ id }) => savePin(tx, { tenant_id, device_id: id }, change)))
    await noteChanged(
      tx,
      changing.map(({ id, device_version }) => ({ tenant_id, device_id: id, device_version: device_version + 1 })),
    )
    await recordPins(tx, actor, change, changing)
  }
  return found.map(({ id }) => id)
}

const lockRow = (tx: Transaction, actor: Actor, id: string) =>
  tx.first<Pinned>(sql`
    select d.id, d.identity_data, d.pinned_until, d.device_version from devices d
    where d.tenant_id = ${actor.tenant_id} and d.id = ${id} ${andVisible(actor)} for no key update`)

const savePin = (tx: Transaction, { tenant_id, device_id }: Device, { at, to }: PinChange) =>
  tx.query(sql`
    update devices set pinned_until = ${to?.pinned_until ?? null}, pin = ${to ? JSON.stringify(to.pin) : null},
      attributes_updated_ts = ${at.toISOString()}, device_version = device_version + 1
    where tenant_id = ${tenant_id} and id = ${device_id}`)

async function recordPins(
  tx: Transaction,
  actor: Actor,
  { at, action, change }: PinChange,
  devices: readonly Pinned[],
) {
  const [only, ...others] = devices
  const ids = devices.map(({ id }) => id)
  const object =
    only && others.length === 0
      ? deviceObject({ device_id: only.id, identity_data: only.identity_data })
      : eventObject('devices', randomUUID(), { count: ids.length, ids })
  await recordEvent(tx, actor, { at, action, object, ids, ...(change ? { change } : {}) })
}
