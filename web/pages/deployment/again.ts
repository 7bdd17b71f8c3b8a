import type { Deployment, NewDeployment, Phase } from '../../api/deployments.ts'
import { failedOf } from './numbers.ts'

export type Outcome = 'failed' | 'not_reached'

/** Target devices without an offer, as far as they are known, and those that an abort stopped. */
export const notReachedOf = ({ initial_device_count, device_count, statistics }: Deployment): number =>
  Math.max(0, initial_device_count - device_count) + statistics.status.aborted

/** The same deployment, by the same rules, to some of its devices. */
export function repeatOf(deployment: Deployment, outcome: Outcome, now: number): NewDeployment {
  const { id, name, artifact_name, retries, force_installation, phases = [], created } = deployment
  const count = outcome === 'failed' ? failedOf(deployment) : notReachedOf(deployment)
  return {
    ...{ name: `${name.slice(0, 248)} (again)`, artifact_name, retries, force_installation },
    ...rulesOf(deployment),
    ...exclusionOf(deployment),
    phases: phasesFor(phases, { count, delay_ms: now - Date.parse(created) }),
    devices_of: { deployment_id: id, outcome },
  }
}

/** Without the devices that were pinned: those that still are are left out again. */
function exclusionOf({ exclude }: Deployment): Pick<NewDeployment, 'exclude'> {
  if (!exclude || (exclude.device_ids.length === 0 && !exclude.filter)) return {}
  const { device_ids, filter } = exclude
  return { exclude: { device_ids, ...(filter && { filter_id: filter.id }) } }
}

function rulesOf(deployment: Deployment): Partial<NewDeployment> {
  const { failure_policy, confirm_within_minutes, max_in_flight, max_in_flight_percent, offers_per_minute } = deployment
  const { order, no_downgrade, windows, time_zone, blackouts, ignore_quiet_hours, update_control_map } = deployment
  const members = {
    ...{ failure_policy, confirm_within_minutes, max_in_flight, max_in_flight_percent, offers_per_minute },
    ...{ order, no_downgrade, windows, time_zone, blackouts, ignore_quiet_hours, update_control_map },
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

type Size = { count: number; delay_ms: number }

/** The phases for fewer devices: without those for named devices, and without those that would have none. */
function phasesFor(phases: readonly Phase[], { count, delay_ms }: Size) {
  const kept = phases.filter(
    ({ batch_size, filter, device_ids }, i) =>
      i === phases.length - 1 || (!filter && !device_ids && Math.floor((batch_size * count) / 100) > 0),
  )
  if (kept.length < 2) return []
  return kept.map(({ batch_size, gate, start_ts }, i) => {
    const isLast = i === kept.length - 1
    return {
      ...(isLast ? {} : { batch_size }),
      ...(gate && !isLast ? { gate } : {}),
      ...(start_ts && i > 0 ? { start_ts: new Date(Date.parse(start_ts) + delay_ms).toISOString() } : {}),
    }
  })
}
