import { counted, whole } from '../../src/texts/numbers.ts'
import type { Deployment, Phase } from '../api/deployments.ts'

/** The word for its chip: as the API's, but what was aborted is not called finished. */
export const stateOf = ({ aborted, status }: Deployment): string => (aborted ? 'aborted' : String(status))

export const isOver = ({ status }: Deployment): boolean => status === 'finished'

/** Target devices in few words. */
export function targetWords({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices matching ${filter.name}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} in group ${groups.join(', ')}` : devices
}

export const isOpen = ({ start_ts }: Pick<Phase, 'start_ts'>, now: number): boolean =>
  start_ts === undefined || Date.parse(start_ts) <= now

export const startOf = ({ phases, created }: Deployment): string => phases?.[0]?.start_ts ?? created

/** `1`, `up to 3` */
export const attemptsWords = (attempts: number): string => (attempts === 1 ? '1' : `up to ${whole(attempts)}`)
