import { isOpen, nextOpening, openPhase, type PhaseState } from './phase-state.ts'
import { type Progress, takesDevices } from './progress.ts'

/** Whether a deployment takes one more device: in which phase (null: it has none), not yet, or never again. */
export type RemainingCapacity = { phase: number | null } | 'later' | 'never'

type DeviceCount = Pick<Progress, 'finished' | 'max_devices' | 'device_count' | 'phases'>

/** `fixed`: the phase of the device, if it is named or has a rank; else it takes the first that has room. */
export function remainingCapacity(progress: DeviceCount, fixed: number | null, now: string): RemainingCapacity {
  const { phases } = progress
  if (!takesDevices(progress)) return 'never'
  if (phases.length === 0) return { phase: null }
  const phase = fixed === null ? openPhase(phases, now) : isOpen(phases, fixed, now) ? fixed : undefined
  return phase === undefined ? 'later' : { phase }
}

/**
 * A deployment takes no device before `until_ms`, as of one version of the tenant's deployments: until then capacity
 * only decreases. A process that knows this answers polls without reading the database. `window`,
 * `quiet_hours`, `pinned` and `downloads` are of one device.
 */
export type NoCapacity = {
  kind: 'no_capacity'
  reason: 'later' | 'never' | 'paused' | 'in_flight' | 'rate' | 'window' | 'quiet_hours' | 'pinned' | 'downloads'
  until_ms: number
}

export const noCapacity = (reason: NoCapacity['reason'], until_ms: number): NoCapacity => ({
  ...{ kind: 'no_capacity', reason, until_ms },
})

export const noCapacityYet = (phases: readonly PhaseState[], fixed: number | null, now: string): NoCapacity =>
  noCapacity('later', nextOpening(phases, now, fixed))

export const NEVER = noCapacity('never', Number.POSITIVE_INFINITY)
