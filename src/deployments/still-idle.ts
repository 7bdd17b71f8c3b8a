import type { DeviceActor } from '../auth/actor.ts'
import { column, goodTokens } from '../auth/find-device-session.ts'
import { batched } from '../db/batch.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { Versions } from './device-state.ts'

/** `idle`: the versions for which it is known that no deployment is meant for the device. */
type Asking = { device: DeviceActor; idle: Versions }

/**
 * Whether there is nothing for the device still: its token is good, it is in the middle of nothing, and the versions stand. Two runs
 * at a time: with one a processor waits (0.89), with three runs are small (0.80).
 */
export const isStillIdle = batched<Env, Asking, boolean>(findIdle, { atOnce: 2, name: 'polls' })

async function findIdle({ db: { hot } }: Env, all: Asking[]): Promise<boolean[]> {
  const tenants = [...new Set(all.map(({ device }) => device.tenant_id))]
  const found = await hot.first<{ idle: number; which: string | null }>(sql`
    select count(*)::int as idle, string_agg(asking.ordinality::text, ',') as which
    from unnest(${column(all, ({ device }) => device.tenant_id)}, ${column(all, ({ device }) => device.device_id)},
        ${column(all, ({ device }) => device.auth_set_id)}, ${column(all, ({ device }) => device.token_generation)}::int[],
        ${column(all, ({ idle }) => idle.attributes_version)}::bigint[],
        ${column(all, ({ idle }) => idle.deployments_version)}::bigint[])
      with ordinality as asking (tenant_id, device_id, auth_set_id, token_generation, attributes_version, deployments_version, ordinality)
    cross join lateral (
      select d.tenant_id, d.id from devices d
      where d.tenant_id = asking.tenant_id and d.id = asking.device_id and d.attributes_version = asking.attributes_version ${hot.apart}
    ) d
    cross join ${goodTokens(hot)}
    where (asking.tenant_id, asking.deployments_version) in (
        select t.tenant_id, t.deployments_version from tenants t
        where t.tenant_id = any(${column(tenants, (tenant_id) => tenant_id)}) and t.status = 'active')
      and not exists (
      select from device_deployments c where c.tenant_id = d.tenant_id and c.device_id = d.id and c.finished is null ${hot.apart})`)
  if (found?.idle === all.length) return new Array<boolean>(all.length).fill(true)
  const idle = new Set(found?.which?.split(',').map(Number))
  return all.map((_, i) => idle.has(i + 1))
}
