import { type Static, Type } from 'typebox'
import { findArtifactsNamed } from '../artifacts/find-artifacts.ts'
import type { Actor } from '../auth/actor.ts'
import { planHas } from '../auth/plan.ts'
import type { Db } from '../db/db.ts'
import { type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { counting } from './find-target.ts'
import { type AlikeDevices, decisiveKeys, Forecast, forecast } from './forecast.ts'
import type { PlannedPhase } from './phases.ts'
import { type NewDeployment, planDeployment } from './plan-deployment.ts'

export const DeploymentPreview = Type.Object({
  device_count: Type.Integer({ description: 'Target devices now: `initial_device_count` of the deployment' }),
  max_devices: Type.Optional(Type.Integer({ description: 'Devices after which it would finish' })),
  phases: Type.Array(
    Type.Object({
      batch_size: Type.Integer({ description: 'Percent' }),
      start_ts: Type.Optional(Type.String({ format: 'date-time' })),
      device_count: Type.Optional(
        Type.Integer({ description: 'Capacity; absent: no limit, for devices that join later' }),
      ),
    }),
  ),
  ...Forecast.properties,
  unknown: Type.Integer({ description: 'Listed devices that are no accepted devices of this server' }),
})
export type DeploymentPreview = Static<typeof DeploymentPreview>

/** What creating the same deployment would do now, or the same refusal. Writes nothing. */
export const previewDeployment = (env: Env, actor: Actor, wanted: NewDeployment): Promise<DeploymentPreview> =>
  env.db.transaction(async (tx) => {
    // One moment for all that is counted.
    await tx.query(sql`set transaction isolation level repeatable read, read only`)
    const { target, phases } = await planDeployment(tx, actor, wanted, counting(tx))
    const artifacts = await findArtifactsNamed(tx, actor.tenant_id, [wanted.artifact_name])
    const devices = await groupAlike(tx, actor.tenant_id, target.ids, decisiveKeys(artifacts))
    const rules = { depends: planHas(actor.plan, 'artifact_depends') }
    const known = devices.reduce((sum, { count }) => sum + count, 0)
    return {
      device_count: target.initial_device_count,
      ...(target.max_devices === null ? {} : { max_devices: target.max_devices }),
      phases: phases.map(toPreview),
      ...forecast({ artifacts, force_installation: wanted.force_installation }, devices, rules),
      unknown: target.initial_device_count - known,
    }
  })

const toPreview = ({ batch_size, start_ts, capacity }: PlannedPhase): DeploymentPreview['phases'][number] => ({
  batch_size,
  ...(start_ts === null ? {} : { start_ts }),
  ...(capacity === null ? {} : { device_count: capacity }),
})

const groupAlike = (db: Db, tenant_id: string, ids: Sql, keys: string[]) =>
  db.query<AlikeDevices>(sql`
    select provides, is_busy, count(*) as count from (
      select (
          select coalesce(jsonb_object_agg(key, d.attributes -> 'inventory' -> key), '{}')
          from unnest(${keys}::text[]) as key where d.attributes -> 'inventory' ? key
        ) as provides,
        exists (
          select 1 from settled_device_deployments dd
          where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.is_active
        ) as is_busy
      from devices d join (${ids}) as target on target.id = d.id
      where d.tenant_id = ${tenant_id} and d.status = 'accepted'
    ) as device group by provides, is_busy`)
