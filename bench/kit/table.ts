import type { Figure } from './measure.ts'

const HEAD = ['', 'ratio', 'per second', 'p50', 'p99', 'CPU: server', 'PostgreSQL', 'load']

export const figureTable = (figures: readonly Figure[]): string =>
  table(
    HEAD,
    figures.map((one) => [
      one.name,
      one.ratio.toFixed(2),
      Math.round(one.per_second).toLocaleString('en'),
      `${one.p50_ms.toFixed(1)} ms`,
      `${one.p99_ms.toFixed(1)} ms`,
      `${one.server_us.toFixed(0)} us`,
      `${one.postgres_us.toFixed(0)} us`,
      `${one.load_us.toFixed(0)} us`,
    ]),
  )

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}
