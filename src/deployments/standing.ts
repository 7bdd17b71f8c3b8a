import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { DeviceStatus } from './device-status.ts'

/** The newest row of a device in the deployment, where its history was forgotten. */
export type Former = { status: DeviceStatus; phase_index: number | null }
export type Standing = {
  is_eligible: boolean
  former: Former | null
  /** Has an unfinished row that an abort ended, and which does not say so yet. */
  is_unsettled: boolean
}

type Asking = { tenant_id: string; device_id: string; deployment: { id: string; created: string } }

/** Accepted, in the middle of nothing, and has finished nothing newer: as it is under the device's lock. */
export async function readStanding(tx: Db, claims: readonly Asking[]): Promise<Standing[]> {
  const rows = await tx.query<Standing & { at: number }>(sql`
    select asked.ordinality as at, coalesce(u.was_aborted, false) as is_unsettled,
      d.status = 'accepted' and u.was_aborted is not false and not exists (
        select 1 from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deleted is null
          and dd.deployment_created >= asked.created) as is_eligible,
      (select jsonb_build_object('status', dd.status, 'phase_index', dd.phase_index) from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deployment_id = asked.deployment_id
          and dd.deleted is not null
        order by dd.created desc limit 1) as former
    from unnest(${claims.map(({ tenant_id }) => tenant_id)}::text[], ${claims.map(({ device_id }) => device_id)}::text[],
        ${claims.map(({ deployment }) => deployment.id)}::text[], ${claims.map(({ deployment }) => deployment.created)}::timestamptz[])
      with ordinality as asked (tenant_id, device_id, deployment_id, created, ordinality)
    join devices d on d.tenant_id = asked.tenant_id and d.id = asked.device_id
    left join lateral (
      select (
        select p.was_aborted from deployment_progress p
        where p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id) as was_aborted
      from device_deployments dd where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.finished is null
    ) u on true`)
  const standing = new Array<Standing>(claims.length)
  for (const { at, ...row } of rows) standing[at - 1] = row
  return standing
}
