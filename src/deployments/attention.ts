import { type Static, Type } from 'typebox'
import { ACTIVE_STATUSES, FINAL_STATUSES } from './device-status.ts'
import type { Progress } from './progress.ts'
import type { Counters } from './statistics.ts'

/** A deployment that waits for devices and has had no news of any for so long is stuck. */
export const STUCK_AFTER_MS = 24 * 60 * 60 * 1000

/** An unfinished deployment that somebody should look at. */
export const Trouble = Type.Object({
  id: Type.String(),
  name: Type.String(),
  artifact_name: Type.String(),
  failure: Type.Integer({ description: 'Devices that failed' }),
  ended: Type.Integer({ description: 'Devices that have ended, these among them' }),
  outstanding: Type.Integer({ description: 'Devices that have not ended' }),
  stuck_since: Type.Optional(
    Type.String({ format: 'date-time', description: 'The last news of any device, where that is over a day ago' }),
  ),
})
export type Trouble = Static<typeof Trouble>

/** What there is to know of an unfinished deployment. */
export type Unfinished = Counters &
  Pick<Progress, 'moved'> & {
    id: string
    name: string
    artifact_name: string
    status: 'scheduled' | 'pending' | 'inprogress'
    created: string
    /** Of its phases, when the latest opened and the next one will. */
    opened: string | null
    opens: string | null
  }

/** Failures first, by their share; then those that have been stuck the longest. */
export function troublesOf(deployments: readonly Unfinished[], now: string): Trouble[] {
  const troubles = deployments
    .map((deployment) => toTrouble(deployment, now))
    .filter(({ failure, stuck_since }) => failure > 0 || stuck_since !== undefined)
  return troubles.sort((a, b) => share(b) - share(a) || (a.stuck_since ?? now).localeCompare(b.stuck_since ?? now))
}

function toTrouble(deployment: Unfinished, now: string): Trouble {
  const { id, name, artifact_name, failure } = deployment
  const ended = FINAL_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const outstanding = ACTIVE_STATUSES.reduce((sum, status) => sum + deployment[status], 0)
  const stuck_since = outstanding > 0 ? stuckSince(deployment, now) : undefined
  return { id, name, artifact_name, failure, ended, outstanding, ...(stuck_since && { stuck_since }) }
}

/** Who waits for a phase to open is not stuck. */
function stuckSince({ moved, created, opened, opens, status }: Unfinished, now: string): string | undefined {
  if (status === 'scheduled' || opens !== null) return undefined
  const news = [moved ?? created, opened ?? created, created].sort().at(-1) ?? created
  return Date.parse(now) - Date.parse(news) > STUCK_AFTER_MS ? news : undefined
}

const share = ({ failure, ended }: Trouble): number => failure / Math.max(ended, 1)
