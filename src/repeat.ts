import { setTimeout as sleep } from 'node:timers/promises'

type RepeatOptions = { pause_ms: number; failed: (error: unknown) => void }

/**
 * Runs `work` again and again, with a pause after each run, until it is stopped. Of consecutive failures, `failed` gets
 * the first.
 */
export function repeat(
  work: (stop: AbortSignal) => Promise<void>,
  { pause_ms, failed }: RepeatOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async () => {
    for (let isFailing = false; !signal.aborted; ) {
      const error = await work(signal).then(
        () => undefined,
        (reason) => ({ reason }),
      )
      if (error && !isFailing) failed(error.reason)
      isFailing = error !== undefined
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
