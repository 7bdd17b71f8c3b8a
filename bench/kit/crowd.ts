import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { retryAfterOf, statusOf } from './answer.ts'
import { openLine } from './line.ts'

/** Devices that ask in their own time, however the server is; each over its connection, where it waits for its answer. */
export type CrowdPlan = {
  port: number
  /** A set of requests sent before: one for each device. */
  requests: string
  interval_ms: number
  /** How long a device that is refused stays away for each second of `Retry-After`; undefined: it passes over that. */
  heeded_ms?: number
}

/** What came since the last count. Times are from when a device wanted to ask. */
export type Count = { elapsed_ms: number; statuses: Record<string, number>; p50_ms: number; p99_ms: number }

export type Crowd = { count(): Count; leave(): void }

const CONNECTING_AT_ONCE = 100

export async function gather(requests: readonly Buffer[], plan: CrowdPlan): Promise<Crowd> {
  const { port, interval_ms, heeded_ms } = plan
  const wanted = new Float64Array(requests.length)
  const tally = openTally()
  const diary = openDiary((device) => lines[device]?.write(requests[device]!))
  const answered = (device: number, answer: Buffer) => {
    const now = performance.now()
    const status = statusOf(answer)
    tally.note(status, now - wanted[device]!)
    const stays_away = status === 429 && heeded_ms !== undefined
    wanted[device] = stays_away ? now + retryAfterOf(answer) * heeded_ms : Math.max(wanted[device]! + interval_ms, now)
    diary.plan(device, wanted[device]!)
  }
  const lines: Socket[] = []
  while (lines.length < requests.length) {
    const first = lines.length
    const some = requests.slice(first, first + CONNECTING_AT_ONCE)
    lines.push(...(await Promise.all(some.map((_, i) => openLine(port, (answer) => answered(first + i, answer))))))
  }
  const start = performance.now()
  for (let device = 0; device < requests.length; device++) {
    wanted[device] = start + Math.random() * interval_ms
    diary.plan(device, wanted[device]!)
  }
  return {
    count: tally.count,
    leave: () => {
      diary.close()
      for (const line of lines) line.destroy()
    },
  }
}

function openTally() {
  let since = performance.now()
  let statuses: Record<string, number> = {}
  const times: number[] = []
  return {
    note(status: number, time: number) {
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status < 300) times.push(time)
    },
    count(): Count {
      const now = performance.now()
      const sorted = times.splice(0).sort((a, b) => a - b)
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
      const count = { elapsed_ms: now - since, statuses, p50_ms: at(0.5), p99_ms: at(0.99) }
      statuses = {}
      since = now
      return count
    },
  }
}

const TICK_MS = 2
const TICKS = 2 ** 16

/** Calls each when its time has come: one timer for thousands. What is further off than two minutes comes early. */
function openDiary(call: (device: number) => void) {
  const pages = Array.from({ length: TICKS }, (): number[] => [])
  let turn = Math.floor(performance.now() / TICK_MS)
  const timer = setInterval(() => {
    for (const now = Math.floor(performance.now() / TICK_MS); turn < now; )
      for (const device of pages[++turn % TICKS]!.splice(0)) call(device)
  }, TICK_MS)
  return {
    plan(device: number, at_ms: number) {
      const tick = Math.max(Math.ceil(at_ms / TICK_MS), turn + 1)
      pages[Math.min(tick, turn + TICKS - 1) % TICKS]!.push(device)
    },
    close: () => clearInterval(timer),
  }
}
