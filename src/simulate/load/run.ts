import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect } from '../../auth/dialect.ts'
import { send } from '../../client/send.ts'
import { runDdiCycle } from './ddi-device.ts'
import { type Behaviour, runCycle, type SendRequest } from './device.ts'
import type { Fleet } from './fleet.ts'
import type { NewConnections } from './new-connections.ts'
import { Timings } from './timings.ts'

export type Load = {
  url: string
  fleet: Fleet
  dialectOf: (index: number) => Dialect
  behaviour: Behaviour
  /** The time between two cycles of a device. */
  interval_ms: number
  /** The first cycles, in which all devices authenticate, take this long and are not measured; 0: no warm-up. */
  warm_up_ms: number
  /** The maximum random delay of a cycle, as a share of the interval. */
  jitter: number
  /** The share of devices that never send a request. */
  silence_rate: number
  connections: number
  /** undefined: connections are kept for the next requests. */
  new_connections: NewConnections | undefined
  stop: AbortSignal
}

export type RunningLoad = {
  timings: Timings
  /** The number of cycles that were skipped, because too many were in progress. */
  skipped: () => number
  /** Resolves when the measurement begins. */
  warm: Promise<void>
  ended: Promise<void>
}

const TICK_MS = 20
const TIMEOUT_MS = 30_000
/** The maximum number of cycles in progress: a slow server must not exhaust the memory of this process. */
const MAX_IN_PROGRESS = 50_000
const GOLDEN_RATIO = 0.618_033_988_749_895

/**
 * Simulates devices until `stop` is aborted. This is an open loop: cycles start at fixed times, however fast the server
 * responds, and a latency includes the wait for a connection. Otherwise a slow server would get fewer requests and look
 * better than it is.
 */
export function runLoad(load: Load): RunningLoad {
  const timings = new Timings()
  const send = openConnections(load, timings)
  const { fleet, dialectOf, behaviour, interval_ms, jitter, warm_up_ms, stop } = load
  let in_progress = 0
  let skipped = 0
  const begin = async (index: number, cycle: number) => {
    if (in_progress >= MAX_IN_PROGRESS) {
      skipped++
      return
    }
    in_progress++
    try {
      if (jitter > 0) await sleep(Math.random() * jitter * interval_ms, undefined, { ref: false })
      if (stop.aborted) return
      if (dialectOf(index) === 'ddi') await runDdiCycle(send, fleet, index, behaviour)
      else await runCycle(send, fleet, index, cycle, behaviour)
    } finally {
      in_progress--
    }
  }
  const warm = sleep(warm_up_ms, undefined, { signal: stop }).then(
    () => {
      timings.clear()
      load.new_connections?.clear()
      skipped = 0
    },
    () => {},
  )
  return { timings, skipped: () => skipped, warm, ended: startCycles(load, begin) }
}

/** Starts the cycles, evenly distributed over the interval or the warm-up. It ends at an error of this process. */
async function startCycles(
  { fleet, interval_ms, warm_up_ms, silence_rate, stop }: Load,
  begin: (i: number, cycle: number) => Promise<void>,
) {
  let failure: { error: unknown } | undefined
  const begun = performance.now()
  for (let done = 0; !stop.aborted && !failure; ) {
    const elapsed_ms = performance.now() - begun
    const cycles =
      elapsed_ms < warm_up_ms
        ? elapsed_ms / warm_up_ms
        : Math.sign(warm_up_ms) + (elapsed_ms - warm_up_ms) / interval_ms
    const due = Math.floor(cycles * fleet.size)
    for (; done < due; done++) {
      const index = done % fleet.size
      // Multiples of the golden ratio distribute the silent devices evenly.
      if ((index * GOLDEN_RATIO) % 1 < silence_rate) continue
      begin(index, Math.floor(done / fleet.size)).catch((error) => {
        failure ??= { error }
      })
    }
    await sleep(TICK_MS, undefined, { signal: stop }).catch(() => {})
  }
  if (failure) throw failure.error
}

function openConnections({ url, connections, new_connections, stop }: Load, timings: Timings): SendRequest {
  const queue: (() => void)[] = []
  let free = connections
  const acquire = () => {
    if (free-- > 0) return undefined
    return new Promise<void>((resolve) => queue.push(resolve))
  }
  const release = () => {
    free++
    queue.shift()?.()
  }
  return async (kind, { method, path, authorization, body, signature }, expected) => {
    const begun = performance.now()
    const record = (error?: string) => timings.add(kind, performance.now() - begun, error)
    await acquire()
    try {
      if (stop.aborted) return undefined
      const headers = { ...(authorization && { authorization }), ...(signature && { 'x-men-signature': signature }) }
      const options = { insecure: true, patience_ms: TIMEOUT_MS, agent: new_connections?.agent }
      const response = await send(url + path, { method, body, headers, ...options })
      record(expected.includes(response.status) ? undefined : String(response.status))
      return response
    } catch (error) {
      if (!stop.aborted) record((error as { code?: string }).code ?? (error as Error).message)
      return undefined
    } finally {
      release()
    }
  }
}
