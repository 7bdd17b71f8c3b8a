import type { Timings } from '../../simulate/load/timings.ts'
import { counted, whole } from '../../texts/numbers.ts'

type Totals = {
  elapsed_s: number
  /** Polls that were not sent, because too many were in progress. */
  skipped: number
  /** undefined: connections were reused. */
  connections: { opened: number; resumed: number } | undefined
}

export function loadReport(timings: Timings, { elapsed_s, skipped, connections }: Totals) {
  const kinds = timings.summary(elapsed_s)
  const errors = Object.fromEntries([...timings.errors].sort(([, a], [, b]) => b - a))
  const rows = Object.entries(kinds).map(([kind, { requests, per_second, p50, p99, max, errors }]) => [
    ...[kind, String(requests), per_second.toFixed(1), ms(p50), ms(p99), ms(max), String(errors)],
  ])
  const table = columns([['', 'REQUESTS', 'PER SECOND', 'P50', 'P99', 'MAX', 'ERRORS'], ...rows])
  const lines = Object.entries(errors).map(([error, times]) => `  ${error} (${times} times)`)
  const notes = [
    ...(lines.length > 0 ? ['', 'Errors:', ...lines] : []),
    ...(connections ? ['', connectionText(connections)] : []),
    ...(skipped > 0 ? ['', `${skipped} polls were skipped, because too many requests were already in progress.`] : []),
  ]
  return {
    json: { elapsed_s, skipped, kinds, errors, ...(connections && { connections }) },
    text: [...table, ...notes].join('\n'),
  }
}

const connectionText = ({ opened, resumed }: { opened: number; resumed: number }) =>
  `${counted(opened, 'connection')} opened; ${whole(resumed)} resumed a TLS session.`

const ms = (time: number) => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
}
