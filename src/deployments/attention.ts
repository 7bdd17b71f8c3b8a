import { type Static, Type } from 'typebox'
import { type Concern, type Extent, weightOf } from '../texts/attention.ts'
import { ACTIVE_STATUSES, FINAL_STATUSES } from './device-status.ts'
import type { Progress } from './progress.ts'
import type { Counters } from './statistics.ts'

/** A deployment that waits for devices is stuck if none has made progress for this long. */
const STUCK_AFTER_MS = 24 * 60 * 60 * 1000

/** Shares of the ended devices. The limits for no artifact are higher: many releases are for some device types only. */
const CRITICAL = { failure: 0.1, noartifact: 0.5 }
const WARNING = { failure: 0.01, noartifact: 0.1 }

/** An attempt is late after ten times the median of those that succeeded, but not before this time. */
const LATE_AFTER_MINUTES = 10
const LATE_FACTOR = 10
/** From fewer successes there is no median. */
const FEWEST_DURATIONS = 5

const SEVERITIES = ['critical', 'warning', 'minor'] as const

/** An unfinished deployment that needs attention. */
export const AttentionItem = Type.Object(
  {
    id: Type.String({ description: 'ID of the deployment' }),
    name: Type.String({ description: 'Name of the deployment' }),
    artifact_name: Type.String({ description: 'Name of the release' }),
    severity: Type.Unsafe<(typeof SEVERITIES)[number]>({
      ...{ type: 'string', enum: SEVERITIES },
      description:
        'By the percentage of the ended devices that failed or have no artifact; a stuck deployment is at least a warning',
    }),
    weight: Type.Integer({
      description:
        'By the urgency, and by the share and the number of the devices that it concerns; the highest is first',
    }),
    failure: Type.Integer({ description: 'Number of devices that failed' }),
    noartifact: Type.Integer({ description: 'Number of devices that no artifact of the release is for' }),
    ended: Type.Integer({ description: 'Number of devices that have ended, in whatever way' }),
    outstanding: Type.Integer({ description: 'Number of devices that have not ended' }),
    state: Type.Optional(
      Type.Enum(['tripped', 'paused', 'awaiting_approval'], {
        description:
          '`tripped`: paused by its failure policy; `paused`: by a user; `awaiting_approval`: the next phase waits for a user; absent: none of these',
      }),
    ),
    stuck_since: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time of the last activity of any device, if it is over a day ago',
      }),
    ),
    late: Type.Optional(
      Type.Object(
        {
          count: Type.Integer({ description: 'Number of these devices' }),
          usual_seconds: Type.Integer({ description: 'Median of how long a device of the deployment took to succeed' }),
        },
        {
          title: 'LateDevices',
          description: `Devices whose attempt has lasted for over ten times as long as is usual in the deployment, and for over ${LATE_AFTER_MINUTES} minutes`,
        },
      ),
    ),
  },
  { title: 'AttentionItem', description: 'An unfinished deployment that needs attention' },
)
export type AttentionItem = Static<typeof AttentionItem>

/** What the severity depends on. */
export type UnfinishedDeployment = Counters &
  Pick<Progress, 'last_activity'> & {
    id: string
    name: string
    artifact_name: string
    no_downgrade: boolean
    status: 'scheduled' | 'pending' | 'inprogress'
    created: string
    /** When the latest open phase opened, and when the next one opens. */
    opened: string | null
    opens: string | null
    state: AttentionItem['state'] | null
    /** Whether the next phase waits for a soak. */
    is_soaking: boolean
    late?: AttentionItem['late'] | undefined
  }

/** The heaviest first; of those that weigh the same, the one that has been stuck for longest. */
export function attentionItems(deployments: readonly UnfinishedDeployment[], now: string): AttentionItem[] {
  const items = deployments.flatMap((deployment) => toItem(deployment, now) ?? [])
  return items.sort((a, b) => b.weight - a.weight || (a.stuck_since ?? now).localeCompare(b.stuck_since ?? now))
}

function toItem(deployment: UnfinishedDeployment, now: string): AttentionItem | undefined {
  const { id, name, artifact_name, failure, state, late } = deployment
  // They are counted with the devices that it leaves out on purpose.
  const noartifact = deployment.no_downgrade ? 0 : deployment.noartifact
  const ended = FINAL_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const outstanding = ACTIVE_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const stuck_since = outstanding > 0 && !state ? stuckSince(deployment, now) : undefined
  const waits = stuck_since !== undefined || Boolean(state) || late !== undefined
  const counts = { failure, noartifact, ended, outstanding }
  const severity = state === 'tripped' ? 'critical' : severityOf(counts, waits)
  if (!severity) return undefined
  const weight = heaviest({ ...counts, state, stuck_since, late })
  return {
    ...{ id, name, artifact_name, severity, weight, ...counts },
    ...(state && { state }),
    ...(stuck_since && { stuck_since }),
    ...(late && { late }),
  }
}

type Weighed = EndedCounts &
  Pick<UnfinishedDeployment, 'state' | 'late'> & { outstanding: number; stuck_since: unknown }

function heaviest({ outstanding, state, stuck_since, late, ...counts }: Weighed): number {
  const of = counts.ended + outstanding
  const failed = { affected: counts.failure, of: counts.ended }
  const without = { affected: counts.noartifact, of: counts.ended }
  const concerns: readonly (readonly [Concern, Extent] | null | undefined | false)[] = [
    state && [state, { affected: outstanding, of }],
    Boolean(stuck_since) && ['stuck', { affected: outstanding, of }],
    late && ['late', { affected: late.count, of }],
    counts.failure > 0 && [`${degreeOf(counts)}_failures`, failed],
    counts.noartifact > 0 && [share(counts, 'noartifact') >= CRITICAL.noartifact ? MANY : SOME, without],
  ]
  return Math.max(...concerns.map((one) => (one ? weightOf(...one) : 0)))
}

const MANY = 'many_without_artifact'
const SOME = 'some_without_artifact'

const degreeOf = (counts: EndedCounts) => {
  const failed = share(counts, 'failure')
  return failed >= CRITICAL.failure ? 'many' : failed >= WARNING.failure ? 'some' : 'few'
}

/** Whether some of its devices may be late, as far as its counters say. */
export const mayHaveLate = (deployment: UnfinishedDeployment): boolean =>
  deployment.status === 'inprogress' &&
  deployment.success >= FEWEST_DURATIONS &&
  ACTIVE_STATUSES.some((status) => deployment[status] > 0)

/** How long an attempt may take, by how long some successful ones took; undefined: too few to judge. */
export function lateAfter(
  durations_ms: readonly number[],
): { usual_seconds: number; late_after_ms: number } | undefined {
  if (durations_ms.length < FEWEST_DURATIONS) return undefined
  const median_ms = [...durations_ms].sort((a, b) => a - b)[Math.floor(durations_ms.length / 2)] ?? 0
  const late_after_ms = Math.max(median_ms * LATE_FACTOR, LATE_AFTER_MINUTES * 60_000)
  return { usual_seconds: Math.max(1, Math.round(median_ms / 1000)), late_after_ms }
}

type EndedCounts = Pick<AttentionItem, 'failure' | 'noartifact' | 'ended'>

const share = (counts: EndedCounts, of: 'failure' | 'noartifact'): number => counts[of] / Math.max(counts.ended, 1)

function severityOf(counts: EndedCounts, is_waiting: boolean): AttentionItem['severity'] | undefined {
  const reaches = (limits: typeof CRITICAL) =>
    share(counts, 'failure') >= limits.failure || share(counts, 'noartifact') >= limits.noartifact
  if (reaches(CRITICAL)) return 'critical'
  if (is_waiting || reaches(WARNING)) return 'warning'
  return counts.failure > 0 ? 'minor' : undefined
}

/** A deployment that waits for a phase to open, or for a soak, is not stuck. */
function stuckSince(
  { last_activity, created, opened, opens, status, is_soaking }: UnfinishedDeployment,
  now: string,
): string | undefined {
  if (status === 'scheduled' || opens !== null || is_soaking) return undefined
  const latest = [last_activity ?? created, opened ?? created, created].sort().at(-1) ?? created
  return Date.parse(now) - Date.parse(latest) > STUCK_AFTER_MS ? latest : undefined
}
