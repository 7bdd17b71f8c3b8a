import { setTimeout as sleep } from 'node:timers/promises'

type RepeatOptions = { pause_ms: number; failed: (error: unknown) => void }

/** Does `work` over and over, with a pause after each time, until it is stopped. Of failures in a row the first is told. */
export function repeat(
  work: (stop: AbortSignal) => Promise<void>,
  { pause_ms, failed }: RepeatOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async () => {
    for (let failing = false; !signal.aborted; ) {
      const error = await work(signal).then(
        () => undefined,
        (reason) => ({ reason }),
      )
      if (error && !failing) failed(error.reason)
      failing = error !== undefined
      await sleep(pause_ms, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
