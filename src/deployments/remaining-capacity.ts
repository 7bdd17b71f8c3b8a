import type { Filterable } from '../inventory/filter.ts'
import { type DownloadLimits, quietUntil } from './download-limits.ts'
import { isOpen, nextOpening, openPhase, type PhaseState } from './phase-state.ts'
import { type Progress, takesDevices } from './progress.ts'
import { closedUntil } from './rollout/opening.ts'
import type { RolloutRules } from './rollout/rules.ts'

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

export const ofOneDevice = ({ reason }: NoCapacity): boolean => OF_ONE_DEVICE.has(reason)

const OF_ONE_DEVICE: ReadonlySet<NoCapacity['reason']> = new Set(['window', 'quiet_hours', 'pinned', 'downloads'])

type Hours = { limits: DownloadLimits | null; rules: RolloutRules | null }

/** Whether the device is to be offered nothing of a deployment with these rules at this time of day. */
export function closedNow({ limits, rules }: Hours, device: Filterable, now_ms: number): NoCapacity | undefined {
  const quiet_ms = quietUntil(limits, rules, { device, now_ms })
  if (quiet_ms !== undefined) return noCapacity('quiet_hours', quiet_ms)
  const opens_ms = closedUntil(rules, device, now_ms)
  return opens_ms === undefined ? undefined : noCapacity('window', opens_ms)
}
