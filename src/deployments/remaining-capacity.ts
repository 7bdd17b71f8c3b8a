import { nextOpening, openPhase, type PhaseState } from './phases.ts'
import { type Progress, takesDevices } from './progress.ts'

/** Whether a deployment takes one more device: in which phase (null: it has none), not yet, or never again. */
export type RemainingCapacity = { phase: number | null } | 'later' | 'never'

type DeviceCount = Pick<Progress, 'finished' | 'max_devices' | 'device_count'>

export function remainingCapacity(
  progress: DeviceCount,
  phases: readonly PhaseState[],
  now: string,
): RemainingCapacity {
  if (!takesDevices(progress)) return 'never'
  if (phases.length === 0) return { phase: null }
  const phase = openPhase(phases, now)
  return phase === undefined ? 'later' : { phase }
}

/**
 * A deployment takes no device before `until_ms`: capacity only decreases until a phase opens. A process that knows
 * this answers polls without reading the database.
 */
export type NoCapacity = { kind: 'no_capacity'; reason: 'later' | 'never'; until_ms: number }

export const noCapacity = (reason: NoCapacity['reason'], phases: readonly PhaseState[], now: string): NoCapacity => ({
  kind: 'no_capacity',
  reason,
  until_ms: reason === 'never' ? Number.POSITIVE_INFINITY : nextOpening(phases, now),
})
