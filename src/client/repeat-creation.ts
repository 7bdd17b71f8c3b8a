import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './send.ts'
import { ServerError } from './server-error.ts'

/** Longer than the claim of a request that was killed holds. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 1000

/**
 * Repeats a request with an idempotency key while nobody knows whether it has created something: after the connection
 * was lost, and while the server still works on it. A server that cannot be reached at all is an error at once.
 */
export async function repeatingCreation(
  attempt: () => Promise<Answer>,
  { patience_ms = PATIENCE_MS, pause_ms = PAUSE_MS } = {},
): Promise<Answer> {
  const deadline = performance.now() + patience_ms
  for (let wasSent = false; ; await sleep(pause_ms)) {
    const isLast = performance.now() > deadline
    try {
      const answer = await attempt()
      const isOpen = answer.status === 409 && answer.body?.code === 'idempotency_key_in_use'
      // Of an attempt that was sent before, 503 says nothing.
      if (isLast || !(isOpen || (wasSent && answer.status === 503))) return answer
    } catch (error) {
      wasSent ||= error instanceof ServerError && error.was_sent
      if (isLast || !wasSent || !(error instanceof ServerError)) throw error
    }
  }
}
