import type { Env } from '../env.ts'
import type { Http } from './http.ts'

const LONGEST_MS = 30_000

/**
 * Work that goes on after the response, so that the response does not depend on it. A server that stops ends it. If it
 * fails, that is logged.
 */
export function afterwards(http: Http, { log }: Pick<Env, 'log'>) {
  const working = new Set<Promise<void>>()
  const ending = new AbortController()
  http.addHook('onClose', async () => {
    ending.abort()
    await Promise.all(working)
  })
  return (failed: string, work: (signal: AbortSignal) => Promise<void>): void => {
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(LONGEST_MS)])
    const done: Promise<void> = work(signal)
      .catch((error) => log.warn({ err: error }, failed))
      .finally(() => working.delete(done))
    working.add(done)
  }
}
