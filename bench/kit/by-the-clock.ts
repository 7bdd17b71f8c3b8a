import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { statusOf } from './answer.ts'
import { openLine } from './line.ts'
import type { Job, Outcome } from './load.ts'
import { openTimes } from './times.ts'

const TICK_MS = 2

/**
 * As many requests a second as the job says, by the clock, however the server is, over few connections that are kept. A time begins
 * when a request is due: its wait for a connection is part of it.
 */
export async function askByTheClock(requests: readonly Buffer[], job: Job & { per_second: number }): Promise<Outcome> {
  const { port, connections, per_second, from = 0, ms = (requests.length * 1000) / per_second } = job
  const times = openTimes()
  const due = new Float64Array(connections)
  const free: number[] = []
  const open = async (_: unknown, at: number) => {
    const line = await openLine(port, (answer) => {
      times.note(statusOf(answer), performance.now() - due[at]!)
      free.push(at)
    })
    free.push(at)
    return line
  }
  const lines = await Promise.all(Array.from({ length: connections }, open))
  const begun = performance.now()
  const dueAt = (index: number) => begun + (index * 1000) / per_second
  const all = Math.floor((ms * per_second) / 1000)
  for (let asked = 0; asked < all; await sleep(TICK_MS))
    while (asked < all && free.length > 0 && dueAt(asked) <= performance.now()) {
      const at = free.pop()!
      due[at] = dueAt(asked)
      lines[at]!.write(requests[(from + asked++) % requests.length]!)
    }
  while (free.length < lines.length) await sleep(TICK_MS)
  const elapsed_ms = performance.now() - begun
  for (const line of lines) line.end()
  return { ...times.summary(), elapsed_ms }
}
