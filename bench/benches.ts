import { claims } from './claims.ts'
import { filters } from './filters.ts'
import { inventory } from './inventory.ts'
import type { Stand } from './kit/stand.ts'
import { poll } from './poll.ts'
import { pollMillion } from './poll-million.ts'
import { status } from './status.ts'

/** One thing measured, on a stand of its own. */
export type Bench = {
  summary: string
  /** Answers Markdown. */
  run(stand: Stand): Promise<string>
  /** Run only when it is named. */
  long?: boolean
}

export const BENCHES: Readonly<Record<string, Bench>> = {
  poll,
  status,
  inventory,
  claims,
  filters,
  'poll-million': pollMillion,
}
