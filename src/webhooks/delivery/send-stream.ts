import type { Env } from '../../env.ts'
import { LEASE_MARGIN_MS, leaseFor } from '../retry.ts'
import { originOf } from '../target.ts'
import { type AttemptOptions, attemptDelivery } from './attempt-delivery.ts'
import type { Stream } from './claim-streams.ts'
import { attempts as attemptsBy } from './count-attempts.ts'
import { type Attempt, type Due, type Moved, moveStream } from './move-stream.ts'

/** Sends the events of a stream, one after the other, until none is left, one fails or the server stops. */
export async function sendStream(env: Env, stream: Stream, options: AttemptOptions): Promise<void> {
  const lease_ms = leaseFor(env.config.webhooks.timeout_s)
  let sent: { due: Due; attempt: Attempt } | undefined
  for (;;) {
    const leased_at = performance.now()
    const { due, ...moved } = await moveStream(env, stream, { attempt: sent?.attempt, lease_ms })
    if (sent) report(env, stream, { ...sent, moved })
    // A process that stood still must not begin what it cannot end within its lease.
    if (!due || performance.now() - leased_at > LEASE_MARGIN_MS) return
    sent = { due, attempt: { event: due, outcome: await attemptDelivery(env, { stream, due }, options) } }
  }
}

type Ended = { due: Due; attempt: Attempt; moved: Moved }

/** Counts the attempt, and logs when an integration begins to fail and when it works again, not each attempt. */
function report(env: Env, stream: Stream, { due, attempt: { outcome }, moved }: Ended): void {
  if (moved.result) attemptsBy(moved.result).value++
  const { tenant_id, integration_id } = stream
  const about = { tenant_id, integration_id, target: originOf(due.url) }
  if (moved.turn === 'failing') {
    const why = outcome.kind === 'interrupted' ? null : outcome.error
    env.log.warn({ ...about, error: why }, 'an integration does not accept events: each is sent again for a day')
  }
  if (moved.turn === 'working') env.log.info(about, 'an integration accepts events again')
}
