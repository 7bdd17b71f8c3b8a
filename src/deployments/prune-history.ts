import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { type DeviceStatus, FINAL_STATUSES } from './device-status.ts'
import type { DeploymentKey } from './progress-rows.ts'

const BATCH = 1000
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Removes what is kept of each device in deployments that finished more than `days` ago, with the logs; their counters stay. What
 * says that a device finished nothing newer stays too: without it, it would be offered older deployments again. A deployment says so
 * before its first row goes. Any number of processes may do so at once, and stop at any point.
 */
export async function pruneHistory(env: Pick<Env, 'db' | 'now'>, days: number, stop: AbortSignal): Promise<void> {
  const { db } = env
  await announce(db, new Date(env.now().getTime() - days * DAY_MS).toISOString())
  for (const key of await findAnnounced(db)) {
    for (const status of FINAL_STATUSES)
      for (let last: Place | undefined = START; last && !stop.aborted; )
        last = await pruneBatch(db, { ...key, status, last })
    while (!stop.aborted && (await pruneTargets(db, key)) > 0);
    if (stop.aborted) return
    await forgetList(db, key)
    while (!stop.aborted && (await pruneMemberships(db, key)) > 0);
    await markRemoved(db, key)
  }
}

type Place = { device_id: string; id: string }
const START: Place = { device_id: '', id: '' }

const announce = (db: Db, before: string) =>
  db.query(sql`
    update deployment_progress set history = 'leaving', changed_xid = pg_current_xact_id()
    where finished < ${before} and history = 'kept' and not unsettled`)

const findAnnounced = (db: Db) =>
  db.query<DeploymentKey>(sql`select tenant_id, deployment_id from deployment_progress where history = 'leaving'`)

type Batch = DeploymentKey & { status: DeviceStatus; last: Place }

/** Looks at the next rows; answers the last of them. Leaves out rows that somebody holds. */
const pruneBatch = (db: Db, { tenant_id, deployment_id, status, last }: Batch) =>
  db.first<Place>(sql`
    with seen as materialized (
      select tenant_id, device_id, id, deployment_id, deployment_created, deleted, log from device_deployments
      where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and status = ${status}
        and (device_id, id) > (${last.device_id}, ${last.id})
      order by device_id, id limit ${BATCH}
    ), superseded as (
      select dd.tenant_id, dd.device_id, dd.id from seen join device_deployments dd using (tenant_id, device_id, id)
      where seen.deleted is not null or exists (
        select 1 from device_deployments newer
        where newer.tenant_id = seen.tenant_id and newer.device_id = seen.device_id and newer.finished is not null
          and newer.deleted is null and newer.deployment_created > seen.deployment_created)
      for update of dd skip locked
    ), removed as (
      delete from device_deployments dd using superseded s
      where dd.tenant_id = s.tenant_id and dd.device_id = s.device_id and dd.id = s.id
    ), without_log as (
      update device_deployments dd set log = false from seen s
      where dd.tenant_id = s.tenant_id and dd.device_id = s.device_id and dd.id = s.id and s.log
        and not exists (select 1 from superseded where superseded.id = s.id and superseded.device_id = s.device_id)
    ), logs as (
      delete from device_deployment_logs l using seen s
      where s.log and l.tenant_id = s.tenant_id and l.device_id = s.device_id and l.deployment_id = s.deployment_id
    )
    select device_id, id from seen order by device_id desc, id desc limit 1`)

const pruneTargets = async (db: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<number> =>
  (
    await db.query(sql`
      delete from deployment_targets t using (
        select device_id from deployment_targets
        where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} limit ${BATCH} for update skip locked
      ) as batch
      where t.tenant_id = ${tenant_id} and t.deployment_id = ${deployment_id} and t.device_id = batch.device_id returning 1`)
  ).length

/** A deployment that is no list any more has no devices but those that have rows. */
const forgetList = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`update deployments set lists = null where tenant_id = ${tenant_id} and id = ${deployment_id}`)

/** What devices were before the oldest list, nobody asks. */
const pruneMemberships = async (db: Db, { tenant_id }: DeploymentKey): Promise<number> =>
  (
    await db.query(sql`
      delete from past_memberships where (tenant_id, device_id, listed_until) in (
        select tenant_id, device_id, listed_until from past_memberships
        where tenant_id = ${tenant_id} and listed_until < coalesce((
          select min(created) from deployments where tenant_id = ${tenant_id} and lists is not null), 'infinity')
        limit ${BATCH} for update skip locked) returning 1`)
  ).length

const markRemoved = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`
    update deployment_progress set history = 'removed'
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and history = 'leaving'`)
