import { isDeepStrictEqual } from 'node:util'
import { type Static, Type } from 'typebox'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { and } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { PastEvent } from '../../events/event.ts'
import { conditionsOf, selectEvents } from '../../events/event-rows.ts'
import type { Deployment } from '../deployment.ts'
import { Pace, paceOf } from '../pace.ts'
import { readSamples } from '../rows/sample-rows.ts'
import { isMark, TimelineMark, TimelinePoint, toPoint } from '../timeline.ts'
import { findDeployment } from './find-deployments.ts'

export const Timeline = Type.Object(
  {
    points: Type.Array(TimelinePoint, {
      description: 'In the order of time: at creation, as recorded, and at present or at the end',
    }),
    marks: Type.Array(TimelineMark, { description: 'In the order of time' }),
    pace: Pace,
  },
  { title: 'DeploymentTimeline', description: 'The past of a deployment, and how fast it proceeds' },
)
export type Timeline = Static<typeof Timeline>

/** Most marks that are returned, the newest ones. */
const MAX_MARKS = 500

/** The past of a deployment, from its creation until now. */
export async function findTimeline(env: Pick<Env, 'db' | 'now'>, viewer: Viewer, id: string): Promise<Timeline> {
  const now = nowText(env)
  const { tenant_id } = viewer
  const deployment = await findDeployment(env.db, viewer, now, id)
  const [samples, events] = await Promise.all([
    readSamples(env.db, { tenant_id, deployment_id: id }),
    readEvents(env.db, tenant_id, id),
  ])
  const recorded = samples.map(({ time, counters }) => toPoint(time, counters))
  const points = [atCreation(deployment), ...recorded, ...atPresent(deployment, recorded.at(-1), now)]
  const marks = [...openings(deployment, now), ...events.flatMap(toMark), ...endOf(deployment)]
  marks.sort((a, b) => a.time.localeCompare(b.time))
  return { points, marks, pace: paceOf(paceInput(deployment, points), now) }
}

function atCreation({ created, dynamic, initial_device_count }: Deployment): TimelinePoint {
  return toPoint(created, dynamic ? {} : { pending: initial_device_count })
}

/** Once the deployment has finished, its numbers only change by corrections: without one, the past ends with it. */
function atPresent(deployment: Deployment, last: TimelinePoint | undefined, now: string): TimelinePoint[] {
  const { statistics, device_count, rollout, finished } = deployment
  const { timed_out, unconfirmed, unconfirmed_in_time, waiting } = rollout
  const standings = { timed_out, unconfirmed, confirmation_missed: unconfirmed_in_time, awaiting_retry: waiting }
  const at = (time: string) => toPoint(time, { ...statistics.status, ...standings, device_count })
  if (finished === undefined) return [at(now)]
  if (last === undefined || last.time < finished) return [at(finished)]
  return isDeepStrictEqual(at(last.time), last) ? [] : [at(now)]
}

const readEvents = (db: Db, tenant_id: string, id: string): Promise<PastEvent[]> =>
  selectEvents(db, {
    matching: and(conditionsOf({ tenant_id, object_type: 'deployment', object_id: id })),
    ...{ ascending: false, limit: MAX_MARKS },
  })

function toMark({ time, action, change, actor }: PastEvent): TimelineMark[] {
  if (!isMark(action)) return []
  const by = actor.type === 'user' ? { by: actor.email || actor.id } : {}
  return [{ time, kind: action, ...(change === undefined ? {} : { text: change }), ...by }]
}

/** The creation, and the phases that opened by their start alone: those behind a gate are in the audit log. */
function openings({ created, phases = [], created_by }: Deployment, now: string): TimelineMark[] {
  const by = created_by ? { by: created_by.email || created_by.id } : {}
  const opened = phases.flatMap(({ start_ts }, i): TimelineMark[] =>
    start_ts === undefined || start_ts > now || phases.slice(0, i).some(({ gate }) => gate)
      ? []
      : [{ time: start_ts, kind: 'phase_opened', phase: i + 1 }],
  )
  return [{ time: created, kind: 'created', ...by }, ...opened]
}

const endOf = ({ finished, aborted }: Deployment): TimelineMark[] =>
  finished === undefined || aborted !== undefined ? [] : [{ time: finished, kind: 'finished' }]

function paceInput({ created, status, rollout, max_devices, phases = [] }: Deployment, points: TimelinePoint[]) {
  const starts = phases.flatMap(({ start_ts }) => start_ts ?? [])
  return {
    created,
    status,
    state: rollout.state,
    target: max_devices ?? null,
    last_start: starts.sort().at(-1),
    points,
  }
}
