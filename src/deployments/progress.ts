import { ACTIVE_STATUSES, type DeviceStatus, FINAL_STATUSES } from './device-status.ts'
import { type Counters, noCounts } from './statistics.ts'

/** What changes during a deployment: a row of deployment_progress. */
export type Progress = Counters & {
  tenant_id: string
  deployment_id: string
  device_count: number
  total_size: number
  started: boolean
  finished: string | null
  /** When a device was last assigned, or last reported something new. */
  last_activity: string | null
  was_aborted: boolean
  /** The deployment is aborted, and not all rows of its devices say so yet. */
  abort_unwritten: boolean
  /** The deployment finishes after this many devices; null: it never finishes by itself. */
  max_devices: number | null
  retries: number
  /** Added to the counters of the phases when the row is saved, by phase index. */
  phase_deltas: Map<number, PhaseDelta>
}

export type PhaseDelta = Counters & { device_count: number }

/** A device that is assigned, to a phase if there are any, changes its status. */
export type Transition = { from: DeviceStatus; to: DeviceStatus; phase_index: number | null }

/** Every status starts the deployment except these two. */
const NOT_STARTED: readonly DeviceStatus[] = ['pending', 'decommissioned']

/** Assigns a device, as pending. A device that was listed at creation has been counted as pending since then. */
export function addDevice(
  progress: Progress,
  { is_listed, phase_index }: { is_listed: boolean; phase_index: number | null },
): void {
  progress.device_count++
  if (!is_listed) progress.pending++
  if (phase_index === null) return
  const delta = deltaOf(progress, phase_index)
  delta.device_count++
  delta.pending++
}

export function applyTransition(progress: Progress, { from, to, phase_index }: Transition, now: string): void {
  progress.last_activity = now
  if (from === to) return
  progress[from]--
  progress[to]++
  if (phase_index !== null) {
    const delta = deltaOf(progress, phase_index)
    delta[from]--
    delta[to]++
  }
  if (!NOT_STARTED.includes(to)) progress.started = true
  if (progress.finished === null && isComplete(progress)) progress.finished = now
}

function deltaOf({ phase_deltas }: Progress, phase_index: number): PhaseDelta {
  const delta = phase_deltas.get(phase_index) ?? { ...noCounts(), device_count: 0 }
  phase_deltas.set(phase_index, delta)
  return delta
}

/** Whether another device may be assigned, regardless of phases. */
export const takesDevices = ({
  finished,
  max_devices,
  device_count,
}: Pick<Progress, 'finished' | 'max_devices' | 'device_count'>): boolean =>
  finished === null && (max_devices === null || device_count < max_devices)

/** Every active device becomes aborted, and listed devices that never polled are no longer counted. */
export function abort(progress: Progress, now: string): void {
  const { device_count } = progress
  const final = FINAL_STATUSES.reduce((sum, status) => sum + progress[status], 0)
  for (const status of ACTIVE_STATUSES) progress[status] = 0
  progress.aborted += device_count - final
  progress.abort_unwritten = device_count > final
  progress.finished = now
  progress.was_aborted = true
}

const isComplete = (progress: Progress): boolean =>
  progress.max_devices !== null &&
  FINAL_STATUSES.reduce((sum, status) => sum + progress[status], 0) >= progress.max_devices
