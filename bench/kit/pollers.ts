import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { openConnection } from './connection.ts'
import { retryAfterOf, statusOf } from './response.ts'

/** Devices that poll at their own interval, each over its own connection with one request at a time. */
export type PollerPlan = {
  port: number
  /** The name of a request set that was added before, with one request for each device. */
  requests: string
  interval_ms: number
  /** How long a rejected device pauses for each second of `Retry-After`; undefined: it ignores the header. */
  pause_ms_per_second?: number
}

/** Responses since the last count. Latencies begin when the request of a device was due. */
export type Count = { elapsed_ms: number; statuses: Record<string, number>; p50_ms: number; p99_ms: number }

export type Pollers = { count(): Count; stop(): void }

const CONNECTING_AT_ONCE = 100

export async function startPollers(requests: readonly Buffer[], plan: PollerPlan): Promise<Pollers> {
  const { port, interval_ms, pause_ms_per_second } = plan
  const due = new Float64Array(requests.length)
  const counter = openCounter()
  const timers = openTimerWheel((device) => sockets[device]?.write(requests[device]!))
  const onResponse = (device: number, response: Buffer) => {
    const now = performance.now()
    const status = statusOf(response)
    counter.record(status, now - due[device]!)
    const pauses = status === 429 && pause_ms_per_second !== undefined
    due[device] = pauses
      ? now + retryAfterOf(response) * pause_ms_per_second
      : Math.max(due[device]! + interval_ms, now)
    timers.schedule(device, due[device]!)
  }
  const sockets: Socket[] = []
  while (sockets.length < requests.length) {
    const first = sockets.length
    const batch = requests.slice(first, first + CONNECTING_AT_ONCE)
    const open = (_: Buffer, i: number) => openConnection(port, (response) => onResponse(first + i, response))
    sockets.push(...(await Promise.all(batch.map(open))))
  }
  const start = performance.now()
  for (let device = 0; device < requests.length; device++) {
    due[device] = start + Math.random() * interval_ms
    timers.schedule(device, due[device]!)
  }
  return {
    count: counter.count,
    stop: () => {
      timers.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function openCounter() {
  let since = performance.now()
  let statuses: Record<string, number> = {}
  const times: number[] = []
  return {
    record(status: number, time: number) {
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

/** Calls back for each device when it is due: one timer for thousands. Times more than two minutes ahead fire early. */
function openTimerWheel(call: (device: number) => void) {
  const slots = Array.from({ length: TICKS }, (): number[] => [])
  let current = Math.floor(performance.now() / TICK_MS)
  const timer = setInterval(() => {
    for (const now = Math.floor(performance.now() / TICK_MS); current < now; )
      for (const device of slots[++current % TICKS]!.splice(0)) call(device)
  }, TICK_MS)
  return {
    schedule(device: number, at_ms: number) {
      const tick = Math.max(Math.ceil(at_ms / TICK_MS), current + 1)
      slots[Math.min(tick, current + TICKS - 1) % TICKS]!.push(device)
    },
    close: () => clearInterval(timer),
  }
}
