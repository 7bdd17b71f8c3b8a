import type { Look } from '../../texts/statuses.ts'
import type { Values } from '../command.ts'
import { type Style, styled, styleOf } from '../style.ts'

/** A heading, and what to write below it; where that is a status, in its colour. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => unknown, look?: (row: Row) => Look | undefined]

// biome-ignore lint/suspicious/noControlCharactersInRegex: what devices call themselves must not steer the terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

export const printable = (value: unknown): string => String(value ?? '').replace(CONTROL, '?')

/** Columns as wide as what is in them. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => printable(cell(row))))
  const titles = columns.map(([title]) => title)
  const widths = columns.map((_, i) => Math.max(...[titles, ...cells].map((line) => line[i]?.length ?? 0)))
  const written = cells.map((line, row) =>
    joined(line, widths, (i) => {
      const look = columns[i]?.[2]
      return look && styleOf(look(rows[row] as Row))
    }),
  )
  return [joined(titles, widths, () => 'bold'), ...written].join('\n')
}

/** Padded before it is coloured: what colours is not seen, and takes no room. */
function joined(line: readonly string[], widths: readonly number[], style: (column: number) => Style | undefined) {
  const last = line.findLastIndex((cell) => cell !== '')
  return line
    .slice(0, last + 1)
    .map((cell, i) => styled(style(i), cell) + ' '.repeat(i === last ? 0 : (widths[i] ?? 0) - cell.length))
    .join('  ')
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

/** Down to the minute. UTC wherever the command runs, as in the logs of the server and of the devices. */
export const timeText = (time: string | undefined): string => time?.replace(/^(.{10})T(.{5}).*/, '$1 $2 UTC') ?? ''
