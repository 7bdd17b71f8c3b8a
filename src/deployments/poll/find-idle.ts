import type { DeviceActor } from '../../auth/actor.ts'
import { activeTenants, idsOf } from '../../auth/devices/token-rows.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { Env } from '../../env.ts'
import type { Versions } from './device-state.ts'

/** `idle`: the versions at which there was no deployment for the device and its token was valid. */
export type IdlePoll = { device: DeviceActor; idle: Omit<Versions, 'history'> }

/**
 * For each poll, whether the versions still hold and the device is working on no deployment. Whatever changes that must
 * write an invalidation, in the same transaction: the triggers of 0013-invalidations.sql (`test/idle-rule.test.ts`).
 */
export async function findIdle({ db: { hot } }: Pick<Env, 'db'>, polls: IdlePoll[]): Promise<boolean[]> {
  const devices = polls.map(({ device }) => device)
  const tenants = await activeTenants(devices, hot)
  const onShards = (column: Sql) => narrowed(hot, column, idsOf(devices))
  const found = await hot.first<{ idle: number; which: string | null }>(sql`
    select count(*)::int as idle, string_agg(polled.ordinality::text, ',') as which
    from unnest(${textArray(polls, ({ device }) => device.tenant_id)},
        ${textArray(polls, ({ device }) => device.device_id)},
        ${textArray(polls, ({ idle }) => idle.device_version)}::bigint[],
        ${textArray(polls, ({ idle }) => idle.deployments_version)}::bigint[])
      with ordinality as polled (tenant_id, device_id, device_version, deployments_version, ordinality)
    cross join lateral (
      select d.tenant_id, d.id from devices d
      where d.tenant_id = polled.tenant_id and d.id = polled.device_id and d.device_version = polled.device_version
        ${onShards(sql`d.id`)} ${hot.fence}
    ) d
    where (polled.tenant_id, polled.deployments_version) in (
        select t.tenant_id, t.deployments_version from ${tenants})
      and not exists (
        select from device_deployments c
        where c.tenant_id = d.tenant_id and c.device_id = d.id and c.finished is null ${onShards(sql`c.device_id`)}
          ${hot.fence})`)
  if (found?.idle === polls.length) return new Array<boolean>(polls.length).fill(true)
  const idle = new Set(found?.which?.split(',').map(Number))
  return polls.map((_, i) => idle.has(i + 1))
}
