import type { Counts, Deployment, Phase } from '../api/deployments.ts'
import { counted, whole } from './numbers.ts'
import { DEVICE_STATUS_ORDER } from './status.ts'

const ENDED = ['success', 'already-installed', 'failure', 'noartifact', 'aborted', 'decommissioned'] as const

export const sum = (counts: Counts, statuses: readonly (keyof Counts)[]): number =>
  statuses.reduce((total, status) => total + (counts[status] ?? 0), 0)

export const endedIn = (counts: Counts): number => sum(counts, ENDED)

/** The word for its chip: as the API's, but what was aborted is not called finished. */
export const stateOf = ({ aborted, status }: Deployment): string => (aborted ? 'aborted' : String(status))

export const isOver = ({ status }: Deployment): boolean => status === 'finished'

/** Devices that its bar is about: all of a static one, those known so far of a dynamic one. */
export const totalOf = ({ max_devices, initial_device_count, statistics, dynamic }: Deployment): number => {
  const counts = sum(statistics.status, DEVICE_STATUS_ORDER)
  return Math.max(counts, max_devices ?? (dynamic ? initial_device_count : 0))
}

/** To whom, in few words. */
export function targetWords({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices that match ${filter.name}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} of group ${groups.join(', ')}` : devices
}

export const isOpen = ({ start_ts }: Pick<Phase, 'start_ts'>, now: number): boolean =>
  start_ts === undefined || Date.parse(start_ts) <= now

export const startOf = ({ phases, created }: Deployment): string => phases?.[0]?.start_ts ?? created

/** `once`, `up to 3 times` */
export const attemptsWords = (attempts: number): string => (attempts === 1 ? 'once' : `up to ${whole(attempts)} times`)
