import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { and, raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import { deploymentNotFound } from '../../errors.ts'
import { containsText } from '../../inventory/patterns/any-case.ts'
import type { Deployment } from '../deployment.ts'
import { OMITTED, SHOWN_LENGTH } from '../deployment-type.ts'
import { countersOf, standingsOf } from '../rows/counter-columns.ts'
import { type Listings, listingDeployments } from '../rows/listing-rows.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { type DeploymentRow, toDeployment } from './to-deployment.ts'

/** The states by which people filter deployments: each is in one of them. */
export const STATES = ['scheduled', 'running', 'finished', 'aborted'] as const

export type DeploymentQuery = {
  status?: string | undefined
  state?: (typeof STATES)[number] | undefined
  unfinished?: boolean
  type?: string | undefined
  search?: string | undefined
  ids?: string[] | undefined
  names?: string[] | undefined
  /** The deployments that list devices, or that these are assigned to. */
  listings?: Listings
  created_after?: string | undefined
  created_before?: string | undefined
  ascending?: boolean
  limit: number
  offset: number
}

/** A page of deployments, and their total. */
export async function findDeployments(db: Db, viewer: Viewer, now: string, query: DeploymentQuery) {
  const onProgress = progressConditions(now, query)
  const condition = and([...conditions(viewer, query), ...onProgress])
  const counted_from = onProgress.length === 0 ? raw('from deployments d') : FROM
  const [counted, rows] = await Promise.all([
    db.first<{ total: number }>(sql`select count(*) as total ${counted_from} where ${condition}`),
    db.query<DeploymentRow>(sql`
      select ${columns(now)} ${FROM} where ${condition} order by d.created ${raw(query.ascending ? 'asc' : 'desc')}
      limit ${query.limit} offset ${query.offset}`),
  ])
  return { total: counted?.total ?? 0, deployments: rows.map((row) => toDeployment(row, now)) }
}

export async function findDeployment(db: Db, viewer: Viewer, now: string, id: string): Promise<Deployment> {
  const row = await db.first<DeploymentRow>(sql`
    select ${columns(now)} ${FROM} where d.tenant_id = ${viewer.tenant_id} and d.id = ${id} ${andVisible(viewer)}`)
  if (!row) throw deploymentNotFound()
  return toDeployment(row, now)
}

const FROM = sql`from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id`

/** The only definition of the status of a deployment. */
export const deploymentStatus = (now: string): Sql => sql`
  case when p.finished is not null then 'finished'
    when p.started then 'inprogress'
    when d.first_start_ts > ${now}::timestamptz and p.device_count = 0 then 'scheduled'
    else 'pending' end`

const columns = (now: string): Sql => sql`
  d.id, d.name, d.artifact_name, d.key, d.created, p.finished, case when p.was_aborted then p.finished end as aborted,
  case when p.history <> 'kept' then true end as history_removed,
  ${deploymentStatus(now)} as status, p.device_count, d.max_devices, d.initial_device_count,
  d.dynamic, d.retries, d.force_installation, d.filter, d.groups, d.type, d.update_control_map,
  case when d.configuration is not null then coalesce((
    select json_object_agg(key, case when length(value) > ${SHOWN_LENGTH} then left(value, ${SHOWN_LENGTH}) || ${OMITTED}
      else value end) from json_each_text(d.configuration)), '{}') end as configuration,
  d.autogenerate_delta, d.rollout as rules, d.exclude, d.created_by, d.rollback_of, p.rolled_back_by, p.was_aborted,
  p.paused_at, p.paused_by, p.pause_reason, p.trip, p.policy_base, ${standingsOf('p')} as standings,
  (select jsonb_agg(jsonb_build_object('id', f.id, 'phase_index', f.phase_index, 'batch_size', f.batch_size,
      'start_ts', ${utcText(raw('f.start_ts'))}, 'device_count', f.device_count, 'capacity', f.capacity,
      'named', f.named, 'is_ranked', d.rollout ->> 'order' = 'random', 'gate', f.gate,
      'opened_at', ${utcText(raw('f.opened_at'))}, 'held_since', ${utcText(raw('f.held_since'))},
      'gate_opened_at', ${utcText(raw('f.gate_opened_at'))}, 'gate_opened_by', f.gate_opened_by,
      'gate_open_reason', f.gate_open_reason, 'approved_at', ${utcText(raw('f.approved_at'))},
      'approved_by', f.approved_by, 'approval_comment', f.approval_comment, 'verdicts', f.verdicts,
      'statistics', ${countersOf('f')}, 'standings', ${standingsOf('f')}) order by f.phase_index)
    from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id) as phases,
  array(select a.id from artifacts a where a.tenant_id = d.tenant_id and a.name = d.artifact_name
    and a.created <= coalesce(p.finished, 'infinity') order by a.created, a.id) as artifacts,
  jsonb_build_object('status', ${countersOf('p')}, 'total_size', p.total_size) as statistics`

const UNFINISHED = raw('p.finished is null')

/** Each names unfinished or aborted deployments in the words of the partial index that holds just these. */
function progressConditions(now: string, { status, state, unfinished }: DeploymentQuery): Sql[] {
  const all: Sql[] = unfinished ? [UNFINISHED] : []
  if (status === 'finished') all.push(raw('p.finished is not null'))
  else if (status !== undefined) all.push(UNFINISHED, sql`${deploymentStatus(now)} = ${status}`)
  if (state === 'finished') all.push(raw('p.finished is not null and not p.was_aborted'))
  else if (state === 'aborted') all.push(raw('p.was_aborted'))
  else if (state !== undefined)
    all.push(UNFINISHED, sql`(${deploymentStatus(now)} = 'scheduled') = ${state === 'scheduled'}`)
  return all
}

function conditions(viewer: Viewer, query: DeploymentQuery): Sql[] {
  const all = [sql`d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`]
  if (query.type !== undefined) all.push(sql`d.type = ${query.type}`)
  if (query.search !== undefined) all.push(containsText(raw("d.name || ' ' || d.artifact_name"), query.search))
  if (query.ids !== undefined) all.push(sql`d.id = any(${query.ids})`)
  if (query.names !== undefined) all.push(sql`d.name = any(${query.names})`)
  if (query.listings)
    all.push(sql`(d.id = any(${query.listings.assigned}) or d.id in (${listingDeployments(query.listings)}))`)
  if (query.created_after !== undefined) all.push(sql`d.created >= ${query.created_after}`)
  if (query.created_before !== undefined) all.push(sql`d.created <= ${query.created_before}`)
  return all
}
