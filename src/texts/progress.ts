import { whole } from './numbers.ts'
import { type Counts, countTexts, DEVICE_STATUS_ORDER } from './statuses.ts'

/** The members of a deployment, as the API returns it, from which its progress is computed. */
type Progress = {
  max_devices?: number
  initial_device_count: number
  dynamic: boolean
  statistics: { status: Counts }
  phases?: readonly { capacity?: number }[]
}

const ENDED = ['success', 'already-installed', 'failure', 'noartifact', 'aborted', 'decommissioned'] as const

export const sum = (counts: Counts, statuses: readonly (keyof Counts)[]): number =>
  statuses.reduce((total, status) => total + (counts[status] ?? 0), 0)

export const endedIn = (counts: Counts): number => sum(counts, ENDED)

/** Target devices: all of a static deployment, those known so far of a dynamic one. */
export const totalOf = (deployment: Progress): number =>
  Math.max(
    sum(deployment.statistics.status, DEVICE_STATUS_ORDER),
    deployment.max_devices ?? (deployment.dynamic ? deployment.initial_device_count : 0),
  )

/** The capacity of each phase; undefined if it is unlimited. */
export function capacitiesOf({ phases = [], max_devices }: Progress) {
  const limited = phases.reduce((total, { capacity }) => total + (capacity ?? 0), 0)
  return phases.map(({ capacity }) => capacity ?? (max_devices ? Math.max(0, max_devices - limited) : undefined))
}

type PhaseProgress = { device_count: number; capacity?: number | undefined; counts: Counts }

/** `64 of 97 updated · 33 failed`: what fits on one line. */
export function updatedText(counts: Counts, total: number): string {
  const updated = `${whole(sum(counts, ['success', 'already-installed']))} of ${whole(total)} updated`
  return counts.failure ? `${updated} · ${whole(counts.failure)} failed` : updated
}

/** `97 of 97 started · 64 updated · 33 failed`; without a capacity there is no limit. */
export const progressText = ({ device_count, capacity, counts }: PhaseProgress): string =>
  [
    `${whole(device_count)}${capacity === undefined ? '' : ` of ${whole(capacity)}`} started`,
    ...countTexts(counts),
  ].join(' · ')
