import { type Static, Type } from 'typebox'
import { ACTIVE_STATUSES, FINAL_STATUSES } from './device-status.ts'
import type { Progress } from './progress.ts'
import type { Counters } from './statistics.ts'

/** A deployment that waits for devices and has had no news of any for so long is stuck. */
export const STUCK_AFTER_MS = 24 * 60 * 60 * 1000

/** From these shares of the devices that have ended. Many releases are for some of the device types only. */
const CRITICAL = { failure: 0.1, noartifact: 0.5 }
const WARNING = { failure: 0.01, noartifact: 0.1 }

const SEVERITIES = ['critical', 'warning', 'minor'] as const

/** An unfinished deployment that somebody should look at. */
export const Trouble = Type.Object(
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
    stuck_since: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time of the last activity of any device, if it is over a day ago',
      }),
    ),
  },
  { title: 'DeploymentTrouble', description: 'An unfinished deployment that needs attention' },
)
export type Trouble = Static<typeof Trouble>

/** What there is to know of an unfinished deployment. */
export type Unfinished = Counters &
  Pick<Progress, 'last_activity'> & {
    id: string
    name: string
    artifact_name: string
    status: 'scheduled' | 'pending' | 'inprogress'
    created: string
    /** Of its phases, when the latest opened and the next one will. */
    opened: string | null
    opens: string | null
  }

/** The most severe first, then by the share of failures; then those that have been stuck the longest. */
export function troublesOf(deployments: readonly Unfinished[], now: string): Trouble[] {
  const troubles = deployments.flatMap((deployment) => toTrouble(deployment, now) ?? [])
  return troubles.sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      share(b, 'failure') - share(a, 'failure') ||
      (a.stuck_since ?? now).localeCompare(b.stuck_since ?? now),
  )
}

function toTrouble(deployment: Unfinished, now: string): Trouble | undefined {
  const { id, name, artifact_name, failure, noartifact } = deployment
  const ended = FINAL_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const outstanding = ACTIVE_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const stuck_since = outstanding > 0 ? stuckSince(deployment, now) : undefined
  const severity = severityOf({ failure, noartifact, ended }, stuck_since !== undefined)
  return (
    severity && {
      ...{ id, name, artifact_name, severity, failure, noartifact, ended, outstanding },
      ...(stuck_since && { stuck_since }),
    }
  )
}

type Counted = Pick<Trouble, 'failure' | 'noartifact' | 'ended'>

const share = (counted: Counted, of: 'failure' | 'noartifact'): number => counted[of] / Math.max(counted.ended, 1)

function severityOf(counted: Counted, isStuck: boolean): Trouble['severity'] | undefined {
  const reaches = (limits: typeof CRITICAL) =>
    share(counted, 'failure') >= limits.failure || share(counted, 'noartifact') >= limits.noartifact
  if (reaches(CRITICAL)) return 'critical'
  if (isStuck || reaches(WARNING)) return 'warning'
  return counted.failure > 0 ? 'minor' : undefined
}

/** Who waits for a phase to open is not stuck. */
function stuckSince({ last_activity, created, opened, opens, status }: Unfinished, now: string): string | undefined {
  if (status === 'scheduled' || opens !== null) return undefined
  const news = [last_activity ?? created, opened ?? created, created].sort().at(-1) ?? created
  return Date.parse(now) - Date.parse(news) > STUCK_AFTER_MS ? news : undefined
}
