import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Env, nowText } from '../../env.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { leaseFor } from '../retry.ts'
import { claimStreams, type Stream } from './claim-streams.ts'
import { sendStream } from './send-stream.ts'

/** To one integration, by one process. */
const PER_INTEGRATION = 8
/** By one process. */
const MAX_SENDING = 500
/** While something is being sent, how soon it is noticed what else is due. */
const LOOK_MS = 250
/** What is being sent when the server stops may take this long. */
const GRACE_MS = 2000

/**
 * Sends the events that are due to integrations, until none is. Several processes may do this at the same time: each
 * stream is sent by one of them.
 */
export async function deliverWebhooks(env: Env, stop: AbortSignal): Promise<void> {
  const isAllowed = addressRule(env.config.webhooks.allow)
  const sending = new Map<Promise<void>, Stream>()
  const ending = new AbortController()
  const ended = new AbortController()
  const endSoon = () => {
    sleep(GRACE_MS, undefined, { signal: ended.signal })
      .then(() => ending.abort())
      .catch(() => {})
  }
  stop.addEventListener('abort', endSoon, { once: true })
  let wake = () => {}
  const begin = (stream: Stream) => {
    const sent: Promise<void> = sendStream(env, stream, { isAllowed, ending: ending.signal })
      .catch((error) => env.log.warn({ err: error }, 'could not send an event to an integration: trying again'))
      .finally(() => {
        sending.delete(sent)
        wake()
      })
    sending.set(sent, stream)
  }
  try {
    for (;;) {
      if (!stop.aborted) for (const stream of await claim(env, [...sending.values()])) begin(stream)
      if (sending.size === 0) return
      // Until one ends, or it is time to look again.
      const look = stop.aborted ? undefined : setTimeout(() => wake(), LOOK_MS)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      clearTimeout(look)
    }
  } finally {
    await Promise.all(sending.keys())
    stop.removeEventListener('abort', endSoon)
    ended.abort()
  }
}

function claim(env: Env, sending: readonly Stream[]): Promise<Stream[]> {
  const counts = new Map<string, { tenant_id: string; integration_id: string; count: number }>()
  for (const { tenant_id, integration_id } of sending) {
    const count = (counts.get(integration_id)?.count ?? 0) + 1
    counts.set(integration_id, { tenant_id, integration_id, count })
  }
  return claimStreams(env.db, {
    ...{ lease: randomUUID(), lease_ms: leaseFor(env.config.webhooks.timeout_s), now: nowText(env) },
    ...{ per_integration: PER_INTEGRATION, room: MAX_SENDING - sending.length, busy: [...counts.values()] },
  })
}
