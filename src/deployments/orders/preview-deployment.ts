import { type Static, Type } from 'typebox'
import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { join, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { TextSet } from '../../text-set.ts'
import { DownloadLimits } from '../download-limits.ts'
import { type DeviceProfile, decisiveKeys, Forecast, forecast } from '../forecast.ts'
import { Gate } from '../rollout/gate.ts'
import { Rollout, rulesForPeople } from '../rollout/rules.ts'
import { worstCase } from '../rollout/worst-case.ts'
import { findLimits } from '../rows/download-rows.ts'
import { requireFreeKey } from '../rows/require-free-key.ts'
import { forecastTimes } from './forecast-times.ts'
import { forecastPins } from './pinned-targets.ts'
import { type DeploymentPlan, type NewDeployment, planDeployment } from './plan-deployment.ts'

export const DeploymentPreview = Type.Object(
  {
    device_count: Type.Integer({
      description: 'Number of target devices now: `initial_device_count` of the deployment',
    }),
    max_devices: Type.Optional(
      Type.Integer({ description: 'Number of devices after which it would finish; absent: no limit' }),
    ),
    phases: Type.Array(
      Type.Object(
        {
          batch_size: Type.Integer({ description: 'Percentage of the target devices' }),
          start_ts: Type.Optional(
            Type.String({
              format: 'date-time',
              description: 'Time from which the phase would be open; absent: at once',
            }),
          ),
          device_count: Type.Optional(
            Type.Integer({
              description: 'Number of devices it would take; absent: no limit, for devices that match later',
            }),
          ),
          named: Type.Optional(Type.Literal(true, { description: 'The phase is for named devices' })),
          gate: Type.Optional(Gate),
        },
        { title: 'PhasePreview', description: 'A phase that the deployment would have' },
      ),
      { description: 'The phases, in their order' },
    ),
    ...Forecast.properties,
    ...Rollout.properties,
    excluded: Type.Optional(
      Type.Integer({ description: 'Number of target devices that are excluded; absent: the deployment excludes none' }),
    ),
    pinned: Type.Optional(
      Type.Integer({
        description: 'Number of target devices that are left out because they are pinned; absent: none',
      }),
    ),
    pinned_for_now: Type.Optional(
      Type.Integer({ description: 'Number of devices that wait until their pins end; absent: none' }),
    ),
    outside_window: Type.Optional(
      Type.Integer({
        description:
          'Number of devices that are outside of their windows now; absent: there are no windows or blackouts',
      }),
    ),
    in_quiet_hours: Type.Optional(
      Type.Integer({
        description:
          'Number of devices that are in quiet hours of the tenant now; absent: it has none, or the deployment is exempt',
      }),
    ),
    download_limits: Type.Optional(DownloadLimits),
    first_offer: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'When the first device may be offered the update; absent: never, or no device is known yet',
      }),
    ),
    worst_case: Type.Object(
      {
        devices_touched: Type.Integer({ description: 'Number of devices that have had an offer when it stops' }),
        of: Type.Integer({ description: 'Number of devices that it is for' }),
      },
      { title: 'WorstCase', description: 'If the update fails on every device' },
    ),
    unknown: Type.Integer({ description: 'Number of listed devices that are not accepted devices of the tenant' }),
  },
  { title: 'DeploymentPreview', description: 'What creating the deployment would do now' },
)
export type DeploymentPreview = Static<typeof DeploymentPreview>

/** What creating the same deployment would do now. Throws what the creation would throw, and writes nothing. */
export const previewDeployment = (env: Env, actor: Actor, definition: NewDeployment): Promise<DeploymentPreview> =>
  env.db.reads.snapshot(async (tx) => {
    await requireFreeKey(tx, actor.tenant_id, definition.declaration)
    const artifacts = await findArtifactsNamed(tx, actor.tenant_id, [definition.artifact_name])
    let profiles: DeviceProfile[] = []
    const known = () => profiles.reduce((sum, { count }) => sum + count, 0)
    const count = async (accepted: Sql) => {
      profiles = await readProfiles(tx, accepted, decisiveKeys(artifacts))
      return known()
    }
    const addNamed = (_: TextSet, accepted: Sql) => count(accepted)
    const plan = await planDeployment(tx, actor, definition, { count, addNamed })
    const { target } = plan
    const busy = await countBusy(tx, actor.tenant_id, target.accepted)
    const rules = { depends: planHas(actor.plan, 'artifact_depends') }
    return {
      device_count: target.initial_device_count,
      ...(target.max_devices === null ? {} : { max_devices: target.max_devices }),
      phases: plan.phases.map(toPreview),
      ...forecast({ artifacts, ...definition, rollout: plan.rules }, { profiles, busy }, rules),
      ...rulesForPeople(plan.rules),
      ...(definition.rollout.exclude ? { excluded: target.excluded } : {}),
      ...(target.pinned > 0 ? { pinned: target.pinned } : {}),
      ...(await forecastOffers(tx, actor.tenant_id, plan, env.now())),
      worst_case: worstCaseOf(plan),
      unknown: target.initial_device_count - known(),
    }
  })

/** When the first device may be offered the update, and which have to wait. */
async function forecastOffers(db: Db, tenant_id: string, plan: DeploymentPlan, at: Date) {
  const { accepted, initial_device_count: devices } = plan.target
  const now = at.toISOString()
  const { first_ms: pinned_ms, ...pins } = await forecastPins(db, accepted, { devices, now })
  const limits = await findLimits(db, tenant_id)
  const times = await forecastTimes(db, plan, { now_ms: at.getTime(), pinned_ms, limits })
  return { ...times, ...pins, ...(limits ? { download_limits: limits } : {}) }
}

const toPreview = (phase: DeploymentPlan['phases'][number]): DeploymentPreview['phases'][number] => ({
  batch_size: phase.batch_size,
  ...(phase.start_ts === null ? {} : { start_ts: phase.start_ts }),
  ...(phase.capacity === null ? {} : { device_count: phase.capacity }),
  ...(phase.named === null ? {} : { named: true }),
  ...(phase.gate === null ? {} : { gate: phase.gate }),
})

function worstCaseOf({ target, phases, rules }: DeploymentPlan): DeploymentPreview['worst_case'] {
  const devices = target.max_devices ?? target.initial_device_count
  const devices_touched = worstCase({
    devices,
    phases: phases.map(({ capacity, gate, named }) => ({
      ...{ capacity, gate, is_fixed: named !== null || rules?.order === 'random' },
    })),
    policy: rules?.failure_policy,
    in_flight_limit: rules?.in_flight_limit,
  })
  return { devices_touched, of: devices }
}

/** Counts and groups in one pass. `offset 0` keeps the document from being decompressed for each key. */
const readProfiles = (db: Db, accepted: Sql, keys: string[]) =>
  db.query<DeviceProfile>(sql`
    with profiles as materialized (
      select array[${join(keys.map((key) => sql`inventory -> ${key}::text`))}] as values, d.dialect, count(*) as count
      from devices d cross join lateral (select d.attributes -> 'inventory' as inventory offset 0) as device
      where ${accepted} group by 1, 2
    )
    select (
        select coalesce(jsonb_object_agg(key, value), '{}')
        from unnest(${keys}::text[], values) as provided (key, value)
        where value is not null
      ) as provides, dialect, count
    from profiles`)

/** Starts from the busy devices, because these are few. */
async function countBusy(db: Db, tenant_id: string, accepted: Sql): Promise<number> {
  const aborted = await db.query<{ id: string }>(sql`
    select deployment_id as id from deployment_progress where tenant_id = ${tenant_id} and abort_unwritten`)
  const row = await db.first<{ count: number }>(sql`
    select count(*) from device_deployments dd
      join devices d on d.tenant_id = dd.tenant_id and d.id = dd.device_id
    where dd.tenant_id = ${tenant_id} and dd.finished is null
      and not (dd.deployment_id = any(${aborted.map(({ id }) => id)}::text[])) and ${accepted}`)
  return row?.count ?? 0
}
