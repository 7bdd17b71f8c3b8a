import { ACTIVE_STATUSES, DEVICE_STATUSES, type DeviceStatus, FINAL_STATUSES } from './device-status.ts'

export type Counters = Record<DeviceStatus, number>

/** What moves in a deployment: a row of deployment_progress. */
export type Progress = Counters & {
  tenant_id: string
  deployment_id: string
  device_count: number
  total_size: number
  started: boolean
  finished: string | null
  /** When a device was last counted in or reported something new. */
  moved: string | null
  was_aborted: boolean
  /** Devices after which it finishes; null: never by itself. */
  max_devices: number | null
  retries: number
}

/** No status of a device counts as a beginning but these two. */
const NOT_STARTED: readonly DeviceStatus[] = ['pending', 'decommissioned']

export const noCounts = (): Counters => Object.fromEntries(DEVICE_STATUSES.map((status) => [status, 0])) as Counters

/** A device moves from one status to another; `undefined` is outside the deployment. */
export function move(progress: Progress, from: DeviceStatus | undefined, to: DeviceStatus, now: string): void {
  progress.moved = now
  if (from === to) return
  if (from !== undefined) progress[from]--
  progress[to]++
  if (!NOT_STARTED.includes(to)) progress.started = true
  if (progress.finished === null && isComplete(progress)) progress.finished = now
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
  progress.finished = now
  progress.was_aborted = true
}

const isComplete = (progress: Progress): boolean =>
  progress.max_devices !== null &&
  FINAL_STATUSES.reduce((sum, status) => sum + progress[status], 0) >= progress.max_devices
