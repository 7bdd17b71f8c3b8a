import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Format } from '../integration.ts'
import { nextAttempt } from '../retry.ts'
import type { StoredEvent } from '../webhook-event.ts'
import type { Stream } from './claim-streams.ts'
import type { Result } from './count-attempts.ts'

/** How an attempt ended; `interrupted`: the server stops, and nothing is known. */
export type Outcome =
  | {
      kind: 'delivered' | 'failed'
      status_code: number | null
      error: string | null
      response: string
      took_ms: number
    }
  | { kind: 'interrupted' }

/** An event that is to be sent, and where. */
export type Due = StoredEvent & { url: string; secret: string | null; format: Format }

/** The event that was sent, and how that ended. */
export type Attempt = { event: StoredEvent; outcome: Outcome }

type Options = { attempt: Attempt | undefined; lease_ms: number }

/** What was written of an attempt; `turn`: whether the integration has begun to fail, or works again. */
export type Moved = { result?: Result; turn?: 'failing' | 'working' | undefined }

/**
 * Writes how an attempt ended, and returns the event that is to be sent next, with the lease renewed. No `due`: nothing
 * is to be sent now, or another process has the lease, and then nothing is written.
 */
export const moveStream = (
  env: Pick<Env, 'db' | 'now'>,
  stream: Stream,
  { attempt, lease_ms }: Options,
): Promise<Moved & { due?: Due }> =>
  env.db.transaction(async (tx) => {
    const locked = await lockStream(tx, stream)
    if (!locked) return {}
    let moved: Moved = {}
    if (attempt) {
      const { again, ...written } = await writeAttempt(tx, stream, {
        ...{ ...attempt, attempts: locked.attempts + 1, is_failing: locked.is_failing, now: env.now() },
      })
      moved = written
      if (again) return moved
    }
    const due = await readFirst(tx, stream)
    if (due) renew(tx, stream, { lease_ms, attempts: attempt ? 0 : locked.attempts })
    // A transaction that stores another event waits for this row, and then inserts the stream again.
    else tx.send(sql`delete from webhook_streams where ${isStream(stream)}`)
    return due ? { ...moved, due } : moved
  })

const isStream = ({ tenant_id, integration_id, subject }: Stream) =>
  sql`tenant_id = ${tenant_id} and integration_id = ${integration_id} and subject = ${subject}`

const lockStream = (tx: Db, stream: Stream) =>
  tx.first<{ attempts: number; is_failing: boolean }>(sql`
    select attempts, exists (select from webhook_failures f where f.tenant_id = ${stream.tenant_id}
      and f.integration_id = ${stream.integration_id}) as is_failing
    from webhook_streams where ${isStream(stream)} and lease = ${stream.lease} for update`)

type Written = Attempt & { attempts: number; is_failing: boolean; now: Date }

/** `again`: the same event is to be sent again; then the lease is given up. */
async function writeAttempt(
  tx: Transaction,
  stream: Stream,
  { event, outcome, attempts, is_failing, now }: Written,
): Promise<Moved & { again: boolean }> {
  if (outcome.kind === 'interrupted') {
    tx.send(sql`update webhook_streams set lease = null, leased_until = null where ${isStream(stream)}`)
    return { again: true }
  }
  const next = outcome.kind === 'delivered' ? null : nextAttempt({ event_time: event.time, attempts, now })
  const state = next === null ? outcome.kind : 'pending'
  const { status_code, error, response, took_ms } = outcome
  tx.send(sql`
    update webhook_deliveries set state = ${state}, attempts = attempts + 1, last_attempt = ${now.toISOString()},
      status_code = ${status_code}, error = ${error}, response = ${response}, took_ms = ${took_ms}
    where ${isStream(stream)} and time = ${event.time}`)
  const is_failed = outcome.kind === 'failed'
  const turn = is_failed === is_failing ? undefined : await noteTurn(tx, stream, is_failed ? now : null)
  if (next === null) return { again: false, result: is_failed ? 'given_up' : 'delivered', turn }
  tx.send(sql`
    update webhook_streams set attempts = ${attempts}, next_attempt = ${next}, lease = null, leased_until = null
    where ${isStream(stream)}`)
  return { again: true, result: 'failed', turn }
}

const noteTurn = (tx: Db, stream: Stream, failed_at: Date | null): Promise<Moved['turn']> =>
  failed_at ? noteFailure(tx, stream, failed_at) : noteSuccess(tx, stream)

/** The row is there as long as the integration fails: one of the processes inserts it. */
async function noteFailure(tx: Db, { tenant_id, integration_id }: Stream, now: Date): Promise<Moved['turn']> {
  const begun = await tx.first(sql`
    insert into webhook_failures (tenant_id, integration_id, since)
    values (${tenant_id}, ${integration_id}, ${now.toISOString()}) on conflict do nothing returning 1`)
  return begun ? 'failing' : undefined
}

/**
 * It works again once nothing else that failed waits for its next attempt. The lock comes first: of two streams that
 * end at the same time, the second one must see the first one's end.
 */
async function noteSuccess(tx: Db, { tenant_id, integration_id, subject }: Stream): Promise<Moved['turn']> {
  await tx.query(sql`
    select 1 from webhook_failures where tenant_id = ${tenant_id} and integration_id = ${integration_id} for update`)
  const ended = await tx.first(sql`
    delete from webhook_failures f where f.tenant_id = ${tenant_id} and f.integration_id = ${integration_id}
      and not exists (
        select from webhook_streams s where s.tenant_id = ${tenant_id} and s.integration_id = ${integration_id}
          and s.subject <> ${subject} and s.attempts > 0)
    returning 1`)
  return ended ? 'working' : undefined
}

/** With the credentials of the moment: since the last event they may have been replaced, or the integration deleted. */
const readFirst = (tx: Db, { tenant_id, integration_id, subject }: Stream) =>
  tx.first<Due>(sql`
    select e.id, e.type, e.time, e.data, i.url, i.secret, i.format
    from webhook_deliveries d
      join webhook_events e on e.tenant_id = d.tenant_id and e.subject = d.subject and e.time = d.time
      join integrations i on i.tenant_id = d.tenant_id and i.id = d.integration_id
    where d.tenant_id = ${tenant_id} and d.integration_id = ${integration_id} and d.subject = ${subject}
      and d.state = 'pending'
    order by d.time limit 1`)

const renew = (tx: Transaction, stream: Stream, { lease_ms, attempts }: { lease_ms: number; attempts: number }) =>
  tx.send(sql`
    update webhook_streams set attempts = ${attempts},
      leased_until = clock_timestamp() + ${lease_ms}::int * interval '1 millisecond'
    where ${isStream(stream)}`)
