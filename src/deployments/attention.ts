import { type Static, Type } from 'typebox'
import { ACTIVE_STATUSES, FINAL_STATUSES } from './device-status.ts'
import type { Progress } from './progress.ts'
import type { Counters } from './statistics.ts'

/** A deployment that waits for devices is stuck if none has made progress for this long. */
const STUCK_AFTER_MS = 24 * 60 * 60 * 1000

/** Shares of the ended devices. The limits for no artifact are higher: many releases are for some device types only. */
const CRITICAL = { failure: 0.1, noartifact: 0.5 }
const WARNING = { failure: 0.01, noartifact: 0.1 }

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
    status: 'scheduled' | 'pending' | 'inprogress'
    created: string
    /** When the latest open phase opened, and when the next one opens. */
    opened: string | null
    opens: string | null
    state: AttentionItem['state'] | null
    /** Whether the next phase waits for a soak. */
    is_soaking: boolean
  }

/** The most severe first; then those that a failure policy paused; then by the share of failures, then by how long they have been stuck. */
export function attentionItems(deployments: readonly UnfinishedDeployment[], now: string): AttentionItem[] {
  const items = deployments.flatMap((deployment) => toItem(deployment, now) ?? [])
  return items.sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      Number(b.state === 'tripped') - Number(a.state === 'tripped') ||
      share(b, 'failure') - share(a, 'failure') ||
      (a.stuck_since ?? now).localeCompare(b.stuck_since ?? now),
  )
}

function toItem(deployment: UnfinishedDeployment, now: string): AttentionItem | undefined {
  const { id, name, artifact_name, failure, noartifact } = deployment
  const ended = FINAL_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const outstanding = ACTIVE_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const { state } = deployment
  const stuck_since = outstanding > 0 && !state ? stuckSince(deployment, now) : undefined
  const waits = stuck_since !== undefined || Boolean(state)
  const severity = state === 'tripped' ? 'critical' : severityOf({ failure, noartifact, ended }, waits)
  return (
    severity && {
      ...{ id, name, artifact_name, severity, failure, noartifact, ended, outstanding },
      ...(state && { state }),
      ...(stuck_since && { stuck_since }),
    }
  )
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
