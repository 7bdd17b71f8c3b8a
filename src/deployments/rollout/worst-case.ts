import type { FailurePolicy } from './failure-policy.ts'
import type { Gate } from './gate.ts'

type Phase = {
  /** Null: no limit. */
  capacity: number | null
  /** Whether its devices are named, or in it by their ranks: they do not wait until the phases before it are full. */
  is_fixed: boolean
  gate: Gate | null
}

type PlannedRollout = {
  /** Devices that the deployment is for. */
  devices: number
  /** In their order; empty: all devices may start at once. */
  phases: readonly Phase[]
  policy: FailurePolicy | undefined
  in_flight_limit: number | undefined
}

/**
 * The largest number of devices that have had an offer when the deployment stops, if the update fails on every device.
 * Without a failure policy nothing stops it.
 */
export function worstCase({ devices, phases, policy, in_flight_limit }: PlannedRollout): number {
  const limit = policy && failuresUntilTrip(policy)
  if (!policy || limit === undefined) return devices
  const slots = in_flight_limit ?? Number.POSITIVE_INFINITY
  const open = openPhases(devices, phases)
  if (policy.scope === 'deployment') return Math.min(sum(open.map(({ size }) => size)), limit - 1 + slots)
  // One failure less than the limit in each phase; all others that had an offer are in flight.
  const parts = open.map(({ size, is_fixed }) => ({ failed: Math.min(size, limit - 1), size, is_fixed }))
  const reached = withoutUnreached(parts, slots)
  const failed = sum(reached.map((part) => part.failed))
  return failed + Math.min(slots, sum(reached.map(({ size }) => size)) - failed)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** The failures at which the policy trips if no device succeeds. */
function failuresUntilTrip({ max_failures, max_failure_percent, min_ended = 1 }: FailurePolicy): number | undefined {
  const limits = [max_failures, max_failure_percent === undefined ? undefined : min_ended]
  const given = limits.filter((limit) => limit !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

type OpenPhase = { size: number; is_fixed: boolean }

/** The phases that open although every device fails: up to the first gate that asks for successes. */
function openPhases(devices: number, phases: readonly Phase[]): OpenPhase[] {
  if (phases.length === 0) return [{ size: devices, is_fixed: false }]
  const closed = phases.findIndex(({ gate }) => gate?.success_percent !== undefined)
  let left = devices
  return phases.slice(0, closed < 0 ? undefined : closed + 1).map(({ capacity, is_fixed }) => {
    const size = Math.min(left, capacity ?? left)
    left -= size
    return { size, is_fixed }
  })
}

/** Without the phases for any device that take none, because a phase before them cannot become full. */
function withoutUnreached<Part extends OpenPhase & { failed: number }>(parts: readonly Part[], slots: number): Part[] {
  let left = slots
  return parts.filter(({ size, failed, is_fixed }) => {
    if (is_fixed) return true
    const is_reached = left > 0
    left -= size - failed
    return is_reached
  })
}
