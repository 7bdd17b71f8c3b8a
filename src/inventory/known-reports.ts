import { createHash } from 'node:crypto'
import type { DeviceActor } from '../auth/actor.ts'
import { column } from '../auth/find-device-session.ts'
import { batched } from '../db/batch.ts'
import { Recent } from '../db/recent.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'

/** Half of the devices remembered; each takes about 200 bytes. */
const REMEMBERED = 100_000

type Known = { tenant_id: string; digest: string; attributes_version: number }
const remembered = new WeakMap<Env, Recent<Known>>()

/** What tells one report from another. */
export const digestOf = (report: object): string =>
  createHash('sha256').update(JSON.stringify(report)).digest('base64').slice(0, 24)

/** Whether the device's attributes have not changed since this very report was written: it would change nothing. */
export async function isKnownReport(env: Env, device: DeviceActor, digest: string): Promise<boolean> {
  const known = remembered.get(env)?.get(device.device_id)
  if (known?.digest !== digest || known.tenant_id !== device.tenant_id) return false
  return (await attributesVersion(env, device)) === known.attributes_version
}

/** `attributes_version`: right after the report was written. */
export function rememberReport(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  report: Omit<Known, 'tenant_id'>,
): void {
  const reports = remembered.get(env) ?? new Recent<Known>(REMEMBERED)
  remembered.set(env, reports)
  reports.set(device_id, { tenant_id, ...report })
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
