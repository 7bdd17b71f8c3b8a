import { setTimeout as sleep } from 'node:timers/promises'
import { perEnv } from '../../db/memory/per-object.ts'
import type { Env } from '../../env.ts'
import type { DownloadLimits } from '../download-limits.ts'
import { type Rate, ratesOf, sliceSize } from '../rates.ts'
import { reserveBytes } from './reserve-bytes.ts'

/** How fast a download is sent. `end` once nothing more is. */
export type Pace = {
  /** The number of bytes to send next. */
  size(): number
  /** Waits until as many bytes may be sent; throws an AbortError once `stop` is aborted. */
  wait(bytes: number, stop: AbortSignal): Promise<void>
  end(): void
}

/** `key`: what of the limit by attribute the download counts towards. */
type Download = { tenant_id: string; key: string; limits: DownloadLimits }

/** Undefined: the download is not limited in bytes a second. */
export function openPace(env: Env, { tenant_id, key, limits }: Download): Pace | undefined {
  let rates = ratesOf(limits, key)
  if (rates.length === 0) return undefined
  const paced = pacedOf(env)
  const counted = rates.map((rate) => `${tenant_id} ${rate.key}`)
  for (const name of counted) paced.set(name, (paced.get(name) ?? 0) + 1)
  const downloadsOf = (rate: Rate) => paced.get(`${tenant_id} ${rate.key}`) ?? 1
  return {
    size: () => Math.min(...rates.map((rate) => sliceSize(rate, downloadsOf(rate)))),
    async wait(bytes, stop) {
      const reserved = await Promise.all(rates.map((rate) => reserveBytes(env, { tenant_id, rate, bytes })))
      const wait_ms = Math.max(0, ...reserved.map((one) => one.wait_ms))
      // Limits that were changed meanwhile hold from the next bytes on.
      const [newest] = reserved
      if (newest) rates = ratesOf(newest.limits, key)
      if (wait_ms > 0) await sleep(wait_ms, undefined, { signal: stop })
    },
    end() {
      for (const name of counted.splice(0)) {
        const left = (paced.get(name) ?? 1) - 1
        if (left > 0) paced.set(name, left)
        else paced.delete(name)
      }
    },
  }
}

/** How many downloads this process sends, by tenant and rate. */
const pacedOf = perEnv(() => new Map<string, number>())
