import { ACTIVE_STATUSES, type DeviceStatus, FINAL_STATUSES } from './device-status.ts'
import { type Counters, noCounts } from './statistics.ts'

/** What moves in a deployment: a row of deployment_progress. */
export type Progress = Counters & {
  tenant_id: string
  deployment_id: string
  device_count: number
  total_size: number
  started: boolean
  finished: string | null
  /** When a device was last counted in or reported something new. */
  last_activity: string | null
  was_aborted: boolean
  /** Aborted, and the rows of its devices do not say so everywhere yet. */
  abort_unwritten: boolean
  /** Devices after which it finishes; null: never by itself. */
  max_devices: number | null
  retries: number
  /** What is added to the counters of its phases, by index, when it is saved. */
  phase_deltas: Map<number, PhaseDelta>
}

export type PhaseDelta = Counters & { device_count: number }

/** A device that has its place, and maybe one in a phase, goes from one status to another. */
export type Transition = { from: DeviceStatus; to: DeviceStatus; phase_index: number | null }

/** No status of a device counts as a beginning but these two. */
const NOT_STARTED: readonly DeviceStatus[] = ['pending', 'decommissioned']

/** A device gets its place, as pending. One that was listed at creation has been pending from then on. */
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

/** Whether another device may be counted in at all; phases are another question. */
export const takesDevices = ({
  finished,
  max_devices,
  device_count,
}: Pick<Progress, 'finished' | 'max_devices' | 'device_count'>): boolean =>
  finished === null && (max_devices === null || device_count < max_devices)

/** Every active device becomes aborted, and devices that never asked are no longer counted. */
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
