import type { StatusStyle } from '../../texts/statuses.ts'
import type { Values } from '../command.ts'
import { type Style, styled, terminalStyleOf } from '../style.ts'

/** The heading of a column and its cells; the third function colours the cells of a status. */
export type Column<Row> = readonly [
  title: string,
  cell: (row: Row) => unknown,
  statusStyleOf?: (row: Row) => StatusStyle | undefined,
]

// biome-ignore lint/suspicious/noControlCharactersInRegex: names that devices report must not control the terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

export const printable = (value: unknown): string => String(value ?? '').replace(CONTROL, '?')

/** A table whose columns are as wide as their content. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => printable(cell(row))))
  const titles = columns.map(([title]) => title)
  const widths = columns.map((_, i) => Math.max(...[titles, ...cells].map((line) => line[i]?.length ?? 0)))
  const written = cells.map((line, row) =>
    joined(line, widths, (i) => {
      const statusStyleOf = columns[i]?.[2]
      return statusStyleOf && terminalStyleOf(statusStyleOf(rows[row] as Row))
    }),
  )
  return [joined(titles, widths, () => 'bold'), ...written].join('\n')
}

/** Padding ignores the style, because escape sequences have no width. */
function joined(line: readonly string[], widths: readonly number[], style: (column: number) => Style | undefined) {
  const last = line.findLastIndex((cell) => cell !== '')
  return line
    .slice(0, last + 1)
    .map((cell, i) => styled(style(i), cell) + ' '.repeat(i === last ? 0 : (widths[i] ?? 0) - cell.length))
    .join('  ')
}

/** Names and values, one pair per line; undefined values are left out. */
export function facts(named: Readonly<Record<string, unknown>>): string {
  const defined = Object.entries(named).filter(([, value]) => value !== undefined)
  const width = Math.max(...defined.map(([name]) => name.length))
  return defined.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n')
}

type List<Row> = { rows: Row[]; columns: readonly Column<Row>[]; none: string }

/** Prints a table, or JSON with --json. `none` is printed instead of an empty table. */
export function printList<Row>({ json }: Values, { rows, columns, none }: List<Row>) {
  if (json) return console.log(JSON.stringify(rows))
  console.log(rows.length === 0 ? none : table(rows, columns))
}

/** A time to the minute, in UTC like the logs of the server and of the devices. */
export const timeText = (time: string | undefined): string => time?.replace(/^(.{10})T(.{5}).*/, '$1 $2 UTC') ?? ''
