import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../../client/send.ts'
import { type Ask, type Behaviour, takeTurn } from './device.ts'
import type { Fleet } from './fleet.ts'
import { Timings } from './timings.ts'

export type Load = {
  url: string
  fleet: Fleet
  behaviour: Behaviour
  /** From one turn of a device to its next. */
  interval_ms: number
  /** The first turns, in which all authenticate, are spread over so long, and not measured; 0: they are as any others. */
  warm_up_ms: number
  /** The share of the interval by which a turn may come late. */
  jitter: number
  /** The share of devices that are never heard of. */
  silence_rate: number
  connections: number
  stop: AbortSignal
}

export type Playing = {
  timings: Timings
  /** Turns that did not take place, because too many were under way. */
  skipped: () => number
  /** From then on it is measured. */
  warm: Promise<void>
  ended: Promise<void>
}

const TICK_MS = 20
const PATIENCE_MS = 30_000
/** Turns under way at the most: a server that answers too slowly must not fill our memory. */
const MOST_AT_ONCE = 50_000
const GOLDEN = 0.618_033_988_749_895

/**
 * Plays devices until stopped. Turns come by the clock, whether the server keeps up or not, and a request's time includes
 * its wait for a connection: else a slow server would be asked less, and look better.
 */
export function play(load: Load): Playing {
  const timings = new Timings()
  const ask = openConnections(load, timings)
  const { fleet, behaviour, interval_ms, jitter, warm_up_ms, stop } = load
  let under_way = 0
  let skipped = 0
  const begin = async (index: number, turn: number) => {
    if (under_way >= MOST_AT_ONCE) {
      skipped++
      return
    }
    under_way++
    try {
      if (jitter > 0) await sleep(Math.random() * jitter * interval_ms, undefined, { ref: false })
      if (!stop.aborted) await takeTurn(ask, fleet, index, turn, behaviour)
    } finally {
      under_way--
    }
  }
  const warm = sleep(warm_up_ms, undefined, { signal: stop }).then(
    () => {
      timings.clear()
      skipped = 0
    },
    () => {},
  )
  return { timings, skipped: () => skipped, warm, ended: turnByTurn(load, begin) }
}

/** Spreads the devices evenly over the interval, or the warm-up. A failure of ours, not of the server's, ends it. */
async function turnByTurn(
  { fleet, interval_ms, warm_up_ms, silence_rate, stop }: Load,
  begin: (i: number, turn: number) => Promise<void>,
) {
  let failure: { error: unknown } | undefined
  const begun = performance.now()
  for (let done = 0; !stop.aborted && !failure; ) {
    const elapsed_ms = performance.now() - begun
    const turns =
      elapsed_ms < warm_up_ms
        ? elapsed_ms / warm_up_ms
        : Math.sign(warm_up_ms) + (elapsed_ms - warm_up_ms) / interval_ms
    const due = Math.floor(turns * fleet.size)
    for (; done < due; done++) {
      const index = done % fleet.size
      if ((index * GOLDEN) % 1 < silence_rate) continue
      begin(index, Math.floor(done / fleet.size)).catch((error) => {
        failure ??= { error }
      })
    }
    await sleep(TICK_MS, undefined, { signal: stop }).catch(() => {})
  }
  if (failure) throw failure.error
}

function openConnections({ url, connections, stop }: Load, timings: Timings): Ask {
  const waiting: (() => void)[] = []
  let free = connections
  const takeConnection = () => {
    if (free-- > 0) return undefined
    return new Promise<void>((resolve) => waiting.push(resolve))
  }
  const giveBack = () => {
    free++
    waiting.shift()?.()
  }
  return async (kind, { method, path, token, body, signature }, welcome) => {
    const begun = performance.now()
    const note = (error?: string) => timings.add(kind, performance.now() - begun, error)
    await takeConnection()
    try {
      if (stop.aborted) return undefined
      const authorization = token && { authorization: `Bearer ${token}` }
      const headers = { ...authorization, ...(signature && { 'x-men-signature': signature }) }
      const answer = await send(url + path, { method, body, headers, insecure: true, patience_ms: PATIENCE_MS })
      note(welcome.includes(answer.status) ? undefined : String(answer.status))
      return answer
    } catch (error) {
      if (!stop.aborted) note((error as { code?: string }).code ?? (error as Error).message)
      return undefined
    } finally {
      giveBack()
    }
  }
}
