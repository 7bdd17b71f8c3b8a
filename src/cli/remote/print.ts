import type { Values } from '../command.ts'

/** A heading, and what to write below it. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => unknown]

// biome-ignore lint/suspicious/noControlCharactersInRegex: what devices call themselves must not steer the terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

export const printable = (value: unknown): string => String(value ?? '').replace(CONTROL, '?')

/** Columns as wide as what is in them. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => printable(cell(row))))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Facts below each other. */
export function facts(named: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(named).filter(([, value]) => value !== undefined)
  const width = Math.max(...given.map(([name]) => name.length))
  return given.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n')
}

type List<Row> = { rows: Row[]; columns: readonly Column<Row>[]; none: string }

/** A list for people, or for machines. */
export function printList<Row>({ json }: Values, { rows, columns, none }: List<Row>) {
  if (json) return console.log(JSON.stringify(rows))
  console.log(rows.length === 0 ? none : table(rows, columns))
}

/** Down to the minute, in UTC. */
export const timeText = (time: string | undefined): string => time?.replace(/^(.{10})T(.{5}).*/, '$1 $2') ?? ''
