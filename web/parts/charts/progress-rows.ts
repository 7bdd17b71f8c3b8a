import type { Timeline } from '../../api/deployments.ts'

type Point = Timeline['points'][number]

/** In the order in which they are stacked. */
export const OUTCOMES = [
  { name: 'succeeded', label: 'Updated', color: 'teal.6' },
  { name: 'failed', label: 'Failed', color: 'red.6' },
  { name: 'noartifact', label: 'No artifact', color: 'grape.5' },
  { name: 'ended', label: 'Aborted or decommissioned', color: 'gray.6' },
  { name: 'in_progress', label: 'In progress', color: 'blue.5' },
  { name: 'waiting', label: 'Waiting', color: 'gray.4' },
] as const

type Row = { at: number } & Record<(typeof OUTCOMES)[number]['name'], number>

export const rowsOf = (points: readonly Point[]): Row[] =>
  points.map(({ time, succeeded, failed, in_progress, waiting, noartifact, aborted, decommissioned }) => ({
    at: Date.parse(time),
    ...{ succeeded, failed, noartifact, ended: aborted + decommissioned, in_progress, waiting },
  }))

const MARK_TEXTS: Record<Timeline['marks'][number]['kind'], string> = {
  created: 'Created',
  phase_opened: 'Phase opened',
  approve: 'Approved',
  open: 'Gate opened',
  verdict: 'Verdict',
  trip: 'Stopped by its failure policy',
  pause: 'Paused',
  resume: 'Resumed',
  rollback: 'Rolled back',
  abort: 'Aborted',
  finished: 'Finished',
}

/** A short text: `Phase 2 opened`, `Paused`. */
export const markText = ({ kind, phase }: Timeline['marks'][number]): string =>
  phase === undefined ? MARK_TEXTS[kind] : `Phase ${phase} opened`
