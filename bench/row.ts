import { table } from './kit/table.ts'

/** One result of a bench: `ratio` is measured / baseline, medians of interleaved rounds in the same run. */
export type Row = { name: string; ratio: number; measured: number; baseline: number; unit: string }

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function rowOf(name: string, measured: readonly number[], baseline: readonly number[], unit: string): Row {
  const [ours, theirs] = [median(measured), median(baseline)]
  return { name, ratio: ours / theirs, measured: ours, baseline: theirs, unit }
}

/** As Markdown. */
export const tableOf = (rows: readonly Row[]): string =>
  table(
    ['', 'ratio', 'measured', 'baseline', 'unit'],
    rows.map(({ name, ratio, measured, baseline, unit }) => [
      ...[name, ratio.toFixed(2), measured.toFixed(1), baseline.toFixed(1), unit],
    ]),
  )

export const MIB = 1024 ** 2
