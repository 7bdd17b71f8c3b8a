/** Every status of a device in a deployment, in the order of the statistics. */
export const DEVICE_STATUSES = [
  'success',
  'pending',
  'failure',
  'downloading',
  'installing',
  'rebooting',
  'noartifact',
  'already-installed',
  'aborted',
  'decommissioned',
  'pause_before_installing',
  'pause_before_rebooting',
  'pause_before_committing',
] as const

export type DeviceStatus = (typeof DEVICE_STATUSES)[number]

export const FINAL_STATUSES = [
  'success',
  'failure',
  'noartifact',
  'already-installed',
  'aborted',
  'decommissioned',
] as const satisfies DeviceStatus[]

const PAUSED_STATUSES = [
  'pause_before_installing',
  'pause_before_rebooting',
  'pause_before_committing',
] as const satisfies DeviceStatus[]

/** The statuses that a device may report. */
export const REPORTED_STATUSES = [
  ...(['downloading', 'installing', 'rebooting', 'success', 'failure', 'already-installed'] as const),
  ...PAUSED_STATUSES,
] satisfies DeviceStatus[]

export type ReportedStatus = (typeof REPORTED_STATUSES)[number]

export const isFinal = (status: DeviceStatus): boolean => (FINAL_STATUSES as readonly DeviceStatus[]).includes(status)

export const ACTIVE_STATUSES: readonly DeviceStatus[] = DEVICE_STATUSES.filter((status) => !isFinal(status))

/** Whether the device has downloaded the artifact and is installing it: it polls again only if it has started over. */
export const isPastDownload = (status: DeviceStatus): boolean =>
  !isFinal(status) && status !== 'pending' && status !== 'downloading'

/** The stage of a device with this status, by which rows are indexed: as the column `stage` is computed. */
export const stageOf = (status: DeviceStatus): string =>
  status === 'downloading' || status === 'installing' || status === 'rebooting' ? 'in_progress' : status

/** The stages of devices with some of these statuses. */
export const stagesOf = (statuses: readonly DeviceStatus[]): string[] => [...new Set(statuses.map(stageOf))]

const GROUPS = new Map<string, readonly DeviceStatus[]>([
  ['pause', PAUSED_STATUSES],
  ['active', ACTIVE_STATUSES],
  ['finished', FINAL_STATUSES],
])

/** The statuses that a word of a query stands for: one, or a group of them. Undefined: the word is neither. */
function statusesOf(word: string): readonly DeviceStatus[] | undefined {
  const status = DEVICE_STATUSES.find((one) => one === word)
  return status ? [status] : GROUPS.get(word)
}

/** What a word of a query stands for: statuses, or devices whose status does not say how they stand. */
export type DeviceSelection =
  | { statuses: readonly DeviceStatus[]; standing?: undefined }
  | { standing: 'timed_out' | 'unconfirmed'; statuses?: undefined }

/** Undefined: the word is neither a status nor a group of statuses nor a standing. */
export function selectionOf(word: string): DeviceSelection | undefined {
  if (word === 'timed_out' || word === 'unconfirmed') return { standing: word }
  const statuses = statusesOf(word)
  return statuses && { statuses }
}
