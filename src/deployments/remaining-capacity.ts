import { nextOpening, openPhase, type PhaseState } from './phases.ts'
import { type Progress, takesDevices } from './progress.ts'

/** Whether a deployment takes one more device: into which phase (null: it has none), not yet, or never again. */
export type RemainingCapacity = { phase: number | null } | 'later' | 'never'

type Count = Pick<Progress, 'finished' | 'max_devices' | 'device_count'>

export function remainingCapacity(progress: Count, phases: readonly PhaseState[], now: string): RemainingCapacity {
  if (!takesDevices(progress)) return 'never'
  if (phases.length === 0) return { phase: null }
  const phase = openPhase(phases, now)
  return phase === undefined ? 'later' : { phase }
}

/**
 * No room, and none before `until_ms`: places only become fewer, until a phase opens. Once a process knows it, polls are turned
 * away without a look at the database.
 */
export type NoCapacity = { reason: 'later' | 'never'; until_ms: number }

export const noCapacity = (room: NoCapacity['reason'], phases: readonly PhaseState[], now: string): NoCapacity => ({
  reason: room,
  until_ms: room === 'never' ? Number.POSITIVE_INFINITY : nextOpening(phases, now),
})
