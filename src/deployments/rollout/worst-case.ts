import type { FailurePolicy } from './failure-policy.ts'

type PlannedRollout = {
  /** Devices that the deployment is for. */
  devices: number
  /** In their order; empty: all devices may start at once. A capacity of null has no limit. */
  phases: readonly { capacity: number | null; has_gate: boolean }[]
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
  const reached = reachable(devices, phases)
  const most = reached.reduce((sum, capacity) => sum + capacity, 0)
  // One failure less than the limit, of each part that is counted by itself; then the devices in flight.
  const parts = policy.scope === 'deployment' ? [most] : reached
  const failed = parts.reduce((sum, part) => sum + Math.min(part, limit - 1), 0)
  return Math.min(devices, most, failed + (in_flight_limit ?? Number.POSITIVE_INFINITY))
}

/** The failures at which the policy trips if no device succeeds. */
function failuresUntilTrip({ max_failures, max_failure_percent, min_ended = 1 }: FailurePolicy): number | undefined {
  const limits = [max_failures, max_failure_percent === undefined ? undefined : min_ended]
  const given = limits.filter((limit) => limit !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

/** The devices of the phases that open although every device fails: up to the first gate. */
function reachable(devices: number, phases: PlannedRollout['phases']): number[] {
  if (phases.length === 0) return [devices]
  const gated = phases.findIndex(({ has_gate }) => has_gate)
  const open = gated < 0 ? phases : phases.slice(0, gated + 1)
  let left = devices
  return open.map(({ capacity }) => {
    const part = Math.min(left, capacity ?? left)
    left -= part
    return part
  })
}
