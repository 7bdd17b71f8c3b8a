import type { DeviceActor } from '../../auth/actor.ts'
import { column } from '../../auth/devices/find-device-session.ts'
import { batched } from '../../db/batch.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { noteCheckIn } from '../../inventory/check-ins.ts'
import type { Versions } from './device-state.ts'
import { forgetIdle, idleVersions } from './idle-devices.ts'

/**
 * Whether it is known that there is nothing for the device: it was found idle, and nothing that decides it has changed since, in any
 * process. Its token is good then.
 */
export function isStillIdle(env: Env, device: DeviceActor): Promise<boolean> {
  const idle = idleVersions(env, device)
  if (!idle) return NO
  return stillHolds(env, { device, idle }).then((holds) => {
    if (holds) noteCheckIn(env, device)
    else forgetIdle(env, device)
    return holds
  })
}

const NO = Promise.resolve(false)

/** `idle`: the versions for which it is known that no deployment is meant for the device, and that its token is good. */
type Asking = { device: DeviceActor; idle: Versions }

/**
 * Whether the versions stand, and the device is in the middle of nothing. Two runs at a time: with one a processor waits (0.89), with
 * three runs are small (0.80).
 */
const stillHolds = batched<Env, Asking, boolean>(findIdle, { maxInFlight: 2, name: 'polls' })

async function findIdle({ db: { hot } }: Env, all: Asking[]): Promise<boolean[]> {
  const tenants = [...new Set(all.map(({ device }) => device.tenant_id))]
  const found = await hot.first<{ idle: number; which: string | null }>(sql`
    select count(*)::int as idle, string_agg(asking.ordinality::text, ',') as which
    from unnest(${column(all, ({ device }) => device.tenant_id)}, ${column(all, ({ device }) => device.device_id)},
        ${column(all, ({ idle }) => idle.device_version)}::bigint[],
        ${column(all, ({ idle }) => idle.deployments_version)}::bigint[])
      with ordinality as asking (tenant_id, device_id, device_version, deployments_version, ordinality)
    cross join lateral (
      select d.tenant_id, d.id from devices d
      where d.tenant_id = asking.tenant_id and d.id = asking.device_id and d.device_version = asking.device_version ${hot.fence}
    ) d
    where (asking.tenant_id, asking.deployments_version) in (
        select t.tenant_id, t.deployments_version from tenants t
        where t.tenant_id = any(${column(tenants, (tenant_id) => tenant_id)}) and t.status = 'active')
      and not exists (
      select from device_deployments c where c.tenant_id = d.tenant_id and c.device_id = d.id and c.finished is null ${hot.fence})`)
  if (found?.idle === all.length) return new Array<boolean>(all.length).fill(true)
  const idle = new Set(found?.which?.split(',').map(Number))
  return all.map((_, i) => idle.has(i + 1))
}
