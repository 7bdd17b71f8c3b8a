import { type Static, Type } from 'typebox'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { AttentionItem, attentionItems, type UnfinishedDeployment } from '../attention.ts'
import { Deployment } from '../deployment.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { deploymentStatus, findDeployments } from './find-deployments.ts'

const MAX_RUNNING = 6
const MAX_ATTENTION_ITEMS = 10

export const DeploymentsOverview = Type.Object(
  {
    total: Type.Integer({ description: 'Number of all deployments, finished ones included' }),
    scheduled: Type.Integer({ description: 'Number of scheduled deployments' }),
    pending: Type.Integer({ description: 'Number of pending deployments' }),
    inprogress: Type.Integer({ description: 'Number of deployments in progress' }),
    running: Type.Array(Deployment, {
      description: `The newest deployments that are pending or in progress, at most ${MAX_RUNNING}`,
    }),
    troubles: Type.Array(AttentionItem, {
      description: `Unfinished deployments that failed on devices, have no artifact for many devices, or are stuck for over a day; the worst first, at most ${MAX_ATTENTION_ITEMS}`,
    }),
    troubled: Type.Integer({ description: 'Number of all such deployments' }),
  },
  { title: 'DeploymentsOverview', description: 'The deployments in numbers' },
)
export type DeploymentsOverview = Static<typeof DeploymentsOverview>

/** What is going on, and what needs attention. */
export async function findOverview(env: Env, viewer: Viewer): Promise<DeploymentsOverview> {
  const { reads: db } = env.db
  const now = nowText(env)
  const [total, unfinished] = await Promise.all([countAll(db, viewer), readUnfinished(db, viewer, now)])
  const open = unfinished.filter(({ status }) => status !== 'scheduled')
  const ids = open.slice(0, MAX_RUNNING).map(({ id }) => id)
  const query = { ids, limit: MAX_RUNNING, offset: 0 }
  const { deployments } = ids.length > 0 ? await findDeployments(db, viewer, now, query) : { deployments: [] }
  const items = attentionItems(unfinished, now)
  const count = (of: string) => unfinished.filter(({ status }) => status === of).length
  return {
    ...{ total, scheduled: count('scheduled'), pending: count('pending'), inprogress: count('inprogress') },
    ...{ running: deployments, troubles: items.slice(0, MAX_ATTENTION_ITEMS), troubled: items.length },
  }
}

async function countAll(db: Db, viewer: Viewer): Promise<number> {
  const row = await db.first<{ total: number }>(sql`
    select count(*) as total from deployments d where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`)
  return row?.total ?? 0
}

const COUNTERS = join(DEVICE_STATUSES.map((status) => raw(`p."${status}"`)))

/** The percentage of the gate holds, and it is not open yet. */
const IS_HELD = sql`f.held_since is not null and f.gate_opened_at is null`
const LACKS_VERDICT = sql`
  exists (select 1 from jsonb_array_elements_text(f.gate -> 'verdicts') as asked (name)
    where f.verdicts -> asked.name ->> 'verdict' is distinct from 'pass')`
const isSoaking = (now: string): Sql => sql`
  ${IS_HELD} and f.held_since + coalesce((f.gate -> 'soak_minutes')::int, 0) * interval '1 minute'
    > ${now}::timestamptz`

/** Newest first. */
const readUnfinished = (db: Db, viewer: Viewer, now: string) =>
  db.query<UnfinishedDeployment>(sql`
    select d.id, d.name, d.artifact_name, d.created, ${deploymentStatus(now)} as status, p.last_activity, ${COUNTERS},
      max(f.start_ts) filter (where f.start_ts <= ${now}::timestamptz) as opened,
      min(f.start_ts) filter (where f.start_ts > ${now}::timestamptz) as opens,
      coalesce(bool_or(${isSoaking(now)}), false) as is_soaking,
      case when p.paused_at is not null and p.trip is not null and p.trip ->> 'resumed_at' is null then 'tripped'
        when p.paused_at is not null then 'paused'
        when bool_or(${IS_HELD} and not (${isSoaking(now)}) and f.gate ->> 'approval' <> 'none' and f.approved_at is null
          and not (${LACKS_VERDICT}))
          then 'awaiting_approval' end as state
    from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
      left join deployment_phases f on f.tenant_id = d.tenant_id and f.deployment_id = d.id
    where d.tenant_id = ${viewer.tenant_id} and p.finished is null ${andVisible(viewer)}
    group by d.tenant_id, d.id, p.tenant_id, p.deployment_id
    order by d.created desc`)
