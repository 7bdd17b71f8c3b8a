import type { Env } from '../../env.ts'
import type { AddressRule } from '../../outgoing/address-rules.ts'
import { post } from '../../outgoing/post.ts'
import { cut, toStorable } from '../../text.ts'
import { LEASE_MARGIN_MS, leaseFor } from '../retry.ts'
import { headersOf } from '../signature.ts'
import { bodyOf } from '../webhook-event.ts'
import type { Stream } from './claim-streams.ts'
import { type Attempt, type Due, moveStream, type Outcome } from './move-stream.ts'

type Options = {
  isAllowed: AddressRule
  /** Ends attempts. */
  ending: AbortSignal
}

const MAX_ERROR_LENGTH = 500

/** Sends the events of a stream, one after the other, until none is left, one fails or the server stops. */
export async function sendStream(env: Env, stream: Stream, options: Options): Promise<void> {
  const lease_ms = leaseFor(env.config.webhooks.timeout_s)
  let attempt: Attempt | undefined
  for (;;) {
    const leased_at = performance.now()
    const event = await moveStream(env, stream, { attempt, lease_ms })
    // A process that stood still must not begin what it cannot end within its lease.
    if (!event || performance.now() - leased_at > LEASE_MARGIN_MS) return
    attempt = { event, outcome: await send(env, event, options) }
  }
}

async function send(env: Env, { url, secret, ...event }: Due, { isAllowed, ending }: Options): Promise<Outcome> {
  const { timeout_s } = env.config.webhooks
  const body = bodyOf(event)
  const late = AbortSignal.timeout(timeout_s * 1000)
  const begun = performance.now()
  const took = () => Math.round(performance.now() - begun)
  try {
    const headers = headersOf(body, { secret, now: env.now() })
    const answer = await post(url, { headers, body, isAllowed, signal: AbortSignal.any([late, ending]) })
    const { status_code, body: response } = answer
    if (status_code >= 200 && status_code < 300)
      return { kind: 'delivered', status_code, error: null, response, took_ms: took() }
    return { kind: 'failed', status_code, error: `the target responded with ${status_code}`, response, took_ms: took() }
  } catch (error) {
    if (ending.aborted && !late.aborted) return { kind: 'interrupted' }
    const text = late.aborted ? `no response within ${timeout_s} s` : messageOf(error as Error)
    return { kind: 'failed', status_code: null, error: text, response: '', took_ms: took() }
  }
}

/** Of several addresses that were tried, the message is that of the first. */
const messageOf = (error: Error): string =>
  cut(
    toStorable(error instanceof AggregateError ? String(error.errors[0]?.message ?? error.message) : error.message),
    MAX_ERROR_LENGTH,
  )
