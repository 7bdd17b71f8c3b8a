import { createHash } from 'node:crypto'
import type { DeviceActor } from '../auth/actor.ts'
import { column } from '../auth/find-device-session.ts'
import { batched } from '../db/batch.ts'
import { RecentNumbers } from '../db/recent-numbers.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Half of the devices remembered; each takes about 80 bytes. */
const REMEMBERED = 500_000

/** What tells one report from another: the first 96 bits of a hash. */
type Digest = readonly [number, number]
type Known = readonly [...Digest, attributes_version: number]
const remembered = new WeakMap<Env, RecentNumbers<Known>>()

export function digestOf(report: object): Digest {
  const hash = createHash('sha256').update(JSON.stringify(report)).digest()
  return [hash.readUIntBE(0, 6), hash.readUIntBE(6, 6)]
}

/** Whether the device's attributes have not changed since this very report was written: it would change nothing. */
export async function isKnownReport(env: Env, device: DeviceActor, digest: Digest): Promise<boolean> {
  const known = remembered.get(env)?.get(keyOf(device))
  if (known?.[0] !== digest[0] || known[1] !== digest[1]) return false
  return (await attributesVersion(env, device)) === known[2]
}

const keyOf = ({ tenant_id, device_id }: DeviceActor) => ({ tenant_id, id: device_id })

/** `attributes_version`: right after the report was written. */
export function rememberReport(env: Env, device: DeviceActor, digest: Digest, attributes_version: number): void {
  const reports = remembered.get(env) ?? new RecentNumbers<Known>(REMEMBERED, 3)
  remembered.set(env, reports)
  reports.set(keyOf(device), [...digest, attributes_version])
}

const attributesVersion = batched<Env, DeviceActor, number | undefined>(async (env, devices) => {
  const { hot } = env.db
  const rows = await hot.query<{ at: number; attributes_version: number }>(sql`
    select asking.ordinality as at, d.attributes_version
    from unnest(${column(devices, (one) => one.tenant_id)}, ${column(devices, (one) => one.device_id)})
      with ordinality as asking (tenant_id, device_id, ordinality)
    cross join lateral (
      select d.attributes_version from devices d where d.tenant_id = asking.tenant_id and d.id = asking.device_id ${hot.apart}
    ) d`)
  const versions = new Array<number | undefined>(devices.length)
  for (const { at, attributes_version } of rows) versions[at - 1] = attributes_version
  return versions
})
