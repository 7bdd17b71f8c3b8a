import { counted, whole } from '../../src/texts/numbers.ts'
import type { Deployment, Phase } from '../api/deployments.ts'

/** The status of the API, except that aborted deployments are not `finished`. */
export const stateOf = ({ aborted, status }: Deployment): string => (aborted ? 'aborted' : String(status))

export const isOver = ({ status }: Deployment): boolean => status === 'finished'

/** The target devices in a few words. */
export function targetText({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices matching ${filter.name}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} in group ${groups.join(', ')}` : devices
}

export const isOpen = ({ start_ts }: Pick<Phase, 'start_ts'>, now: number): boolean =>
  start_ts === undefined || Date.parse(start_ts) <= now

export const startOf = ({ phases, created }: Deployment): string => phases?.[0]?.start_ts ?? created

/** `1`, `up to 3` */
export const attemptsText = (attempts: number): string => (attempts === 1 ? '1' : `up to ${whole(attempts)}`)
