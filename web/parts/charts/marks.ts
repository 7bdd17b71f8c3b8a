import type { Timeline } from '../../api/deployments.ts'

type Mark = Timeline['marks'][number]
export type NumberedMark = Mark & { number: number }

/** The beginning and the end of the chart are no marks. */
export const numbered = (marks: readonly Mark[]): NumberedMark[] =>
  marks.filter(({ kind }) => kind !== 'created' && kind !== 'finished').map((mark, i) => ({ ...mark, number: i + 1 }))
