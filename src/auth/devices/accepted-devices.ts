import { batched } from '../../db/batch.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { partitionOf, runsAtATime } from '../../db/citus/shards.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { DeviceActor } from '../actor.ts'
import { activeTenants, idsOf, tokenRows, validAuthSet } from './token-rows.ts'

/** Whether the token of a device is valid: its auth set is accepted, the token not revoked, and the tenant active. */
export const isDeviceAccepted = batched<Env, DeviceActor, boolean>(readAccepted, {
  maxInFlight: runsAtATime,
  partition: partitionOf,
  name: 'device_tokens',
})

/** The `device_version` of a device whose token is valid; undefined if it is not. */
export const acceptedVersion = batched<Env, DeviceActor, number | undefined>(readVersions, {
  maxInFlight: runsAtATime,
  partition: partitionOf,
  name: 'inventory_unchanged',
})

async function readVersions({ db: { hot } }: Env, devices: DeviceActor[]): Promise<(number | undefined)[]> {
  const tenants = await activeTenants(devices, hot)
  const rows = await hot.query<{ at: number; device_version: number }>(sql`
    select token.ordinality as at, d.device_version from ${tokenRows(devices)}
    cross join lateral (
      select d.device_version from devices d
      where d.tenant_id = token.tenant_id and d.id = token.device_id
        ${narrowed(hot, sql`d.id`, idsOf(devices))} ${hot.fence}
    ) d
    cross join ${validAuthSet(devices, hot)}
    join ${tenants} on t.tenant_id = token.tenant_id`)
  const versions = new Array<number | undefined>(devices.length)
  for (const { at, device_version } of rows) versions[at - 1] = device_version
  return versions
}

async function readAccepted({ db: { hot } }: Env, devices: DeviceActor[]): Promise<boolean[]> {
  const tenants = await activeTenants(devices, hot)
  const rows = await hot.query<{ at: number }>(sql`
    select token.ordinality as at from ${tokenRows(devices)}
    cross join ${validAuthSet(devices, hot)}
    join ${tenants} on t.tenant_id = token.tenant_id`)
  const accepted = new Set(rows.map(({ at }) => at))
  return devices.map((_, i) => accepted.has(i + 1))
}
