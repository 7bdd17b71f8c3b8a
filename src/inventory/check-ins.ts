import type { DeviceActor } from '../auth/actor.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Devices in one statement: their rows are locked for as long as it takes. */
const AT_ONCE = 1000

/** When devices were seen last, in milliseconds, by tenant and id: what is not yet written down. */
type Seen = Map<string, Map<string, number>>
const seenBy = new WeakMap<Env, Seen>()

type Device = Pick<DeviceActor, 'tenant_id' | 'device_id'>

/** Notes in memory that a device was here just now: a write at every poll would cost more than the poll. */
export const noteCheckIn = (env: Env, device: Device): void => note(env, device, env.now().getTime())

function note(env: Env, { tenant_id, device_id }: Device, at: number) {
  const seen = seenBy.get(env) ?? new Map<string, Map<string, number>>()
  seenBy.set(env, seen)
  const devices = seen.get(tenant_id) ?? new Map<string, number>()
  seen.set(tenant_id, devices)
  devices.set(device_id, Math.max(at, devices.get(device_id) ?? 0))
}

/** Writes down what was noted; what cannot be written now stays noted. Every minute, and before a server ends. */
export async function saveCheckIns(env: Env): Promise<void> {
  const seen = [...(seenBy.get(env) ?? [])]
  seenBy.delete(env)
  const rows = seen.flatMap(([tenant_id, devices]) =>
    [...devices].map(([device_id, at]) => ({ tenant_id, device_id, at })),
  )
  for (let from = 0; from < rows.length; from += AT_ONCE)
    try {
      await save(env, rows.slice(from, from + AT_ONCE))
    } catch (error) {
      for (const row of rows.slice(from)) note(env, row, row.at)
      throw error
    }
}

/** Locks rows in one order, as all who change several devices; another process may have seen the device later. */
const save = (env: Env, rows: readonly (Device & { at: number })[]) =>
  env.db.query(sql`
    with seen as (
      select * from unnest(${rows.map(({ tenant_id }) => tenant_id)}::text[], ${rows.map(({ device_id }) => device_id)}::text[],
        ${rows.map(({ at }) => new Date(at).toISOString())}::timestamptz[]) as seen (tenant_id, device_id, at)
    ), locked as (
      select d.tenant_id, d.id, seen.at from seen join devices d on d.tenant_id = seen.tenant_id and d.id = seen.device_id
      where d.check_in_time is null or d.check_in_time < seen.at
      order by d.tenant_id, d.id
      for no key update of d
    )
    update devices d set check_in_time = greatest(d.check_in_time, locked.at)
    from locked where d.tenant_id = locked.tenant_id and d.id = locked.id`)
