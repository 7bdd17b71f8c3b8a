import type { DeviceActor } from '../../auth/actor.ts'
import { activeTenants, idsOf } from '../../auth/devices/token-rows.ts'
import { batched } from '../../db/batch.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { partitionOf } from '../../db/citus/shards.ts'
import { type Outcome, whenCurrent } from '../../db/invalidations/when-current.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { Env } from '../../env.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { confirmIdle, forgetIdle, type IdleVersions, idleVersions, leaseIdle } from './idle-devices.ts'

/**
 * Whether it is known that there is no update for the device: an earlier poll found none, and no process has changed
 * anything since that decides it. The token is valid then.
 */
export const isStillIdle = (env: Env, device: DeviceActor): Promise<boolean> =>
  new Promise((resolve, reject) => whenStillIdle(env, device, { resolve, reject }))

/** The same without a promise. */
export function whenStillIdle(env: Env, device: DeviceActor, { resolve, reject }: Outcome): void {
  const noted = (isIdle: boolean) => {
    if (isIdle) recordCheckIn(env, device)
    resolve(isIdle)
  }
  const find = () => idleVersions(env, device)
  const compare = (idle: IdleVersions) => compareVersions(env, { device, idle })
  whenCurrent(env, { find, compare }, { resolve: noted, reject })
}

async function compareVersions(env: Env, poll: IdlePoll): Promise<boolean> {
  const { device } = poll
  const lease = leaseIdle(env, device)
  const history = env.db.history()
  const matches = await stillHolds(env, poll)
  const holds = matches && env.db.history() === history
  if (holds) confirmIdle(env, device, lease)
  else forgetIdle(env, device)
  return holds
}

/** `idle`: the versions at which there was no deployment for the device and its token was valid. */
type IdlePoll = { device: DeviceActor; idle: IdleVersions }

/**
 * Whether the versions still hold, and the device is working on no deployment. Two runs at a time: with one a processor
 * idles (throughput 0.89), with three the runs are small (0.80).
 */
const stillHolds = batched<Env, IdlePoll, boolean>(findIdle, {
  maxInFlight: 2,
  partition: ({ device }, env) => partitionOf(device, env),
  name: 'poll_versions',
})

async function findIdle({ db: { hot } }: Env, polls: IdlePoll[]): Promise<boolean[]> {
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
