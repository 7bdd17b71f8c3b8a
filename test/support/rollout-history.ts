import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'

/**
 * Something that a transaction did to a deployment. `begun`: a device got its first offer or another attempt; `ended`:
 * it is no longer in flight; `stopped`, `resumed`: the deployment.
 */
export type Step = NotedStep & { position: number }

type NotedStep = {
  xid: number
  kind: 'begun' | 'ended' | 'stopped' | 'resumed'
  device_id?: string
  phase_index?: number | null
  /** By the clock of the server; of devices only. */
  at?: string
  /** With `ended`. */
  has_succeeded?: boolean
}

export type History = {
  /** After an offer, before the device reports. */
  begun(device_id: string): Promise<void>
  /** After a report, or a poll that confirms a success. */
  ended(device_id: string): Promise<void>
  /** Everything in the order in which it was committed. */
  steps(): Promise<Step[]>
}

type Row = {
  xid: number
  status: string
  phase_index: number | null
  attempt_begun: boolean
  attempt_since: string
  finished: string | null
  is_awaited: boolean
}

/**
 * Numbers the transactions that change a deployment in the order in which they hold its lock, which is the order of
 * their commits. Their ids are not: a transaction may get one while it waits for the lock.
 */
export async function numberTransactions(db: Db): Promise<void> {
  await db.query(sql`create table numbered (position bigserial, deployment_id text, xid bigint)`)
  await db.query(sql`
    create function number_transaction() returns trigger language plpgsql as $$
    begin
      insert into numbered (deployment_id, xid) values (new.deployment_id, pg_current_xact_id()::text::bigint);
      return null;
    end $$`)
  await db.query(sql`
    create trigger number_transaction after update on deployment_progress
    for each row execute function number_transaction()`)
}

/** The history of a deployment of a database whose transactions are numbered: each row has the id of its last one. */
export function openHistory(db: Db, deployment_id: string): History {
  const noted: NotedStep[] = []
  const in_flight = new Set<string>()
  const read = (device_id: string) =>
    db.first<Row>(sql`
      select xmin::text::bigint as xid, status, phase_index, attempt_begun, attempt_since, finished,
        confirmation is not distinct from 'awaited' as is_awaited
      from device_deployments where deployment_id = ${deployment_id} and device_id = ${device_id}`)
  return {
    begun: async (device_id) => {
      const row = await read(device_id)
      // An abort has been written to the row since, in a transaction of its own.
      if (!row || row.status === 'aborted') return
      in_flight.add(device_id)
      const { xid, phase_index, attempt_since: at } = row
      noted.push({ kind: 'begun', device_id, xid, phase_index, at })
    },
    ended: async (device_id) => {
      const row = await read(device_id)
      const has_ended = row && row.status !== 'aborted' && (row.finished ? !row.is_awaited : !row.attempt_begun)
      if (!has_ended || !in_flight.delete(device_id)) return
      const { xid, phase_index, status, finished } = row
      const ended = { kind: 'ended', xid, device_id, phase_index, has_succeeded: status === 'success' } as const
      noted.push({ ...ended, ...(finished ? { at: finished } : {}) })
    },
    steps: async () =>
      inOrder(await readPositions(db, deployment_id), [...noted, ...(await readOrders(db, deployment_id))]),
  }
}

const readOrders = (db: Db, deployment_id: string) =>
  db.query<NotedStep>(sql`
    select xmin::text::bigint as xid, case action when 'resume' then 'resumed' else 'stopped' end as kind
    from events where object_id = ${deployment_id} and action in ('trip', 'pause', 'abort', 'rollback', 'resume')`)

async function readPositions(db: Db, deployment_id: string): Promise<Map<number, number>> {
  const rows = await db.query<{ xid: number; position: number }>(sql`
    select xid, min(position) as position from numbered where deployment_id = ${deployment_id} group by xid`)
  return new Map(rows.map(({ xid, position }) => [xid, position]))
}

/** The transaction that stops a deployment may have begun attempts before. */
const WITHIN_TRANSACTION: readonly Step['kind'][] = ['resumed', 'ended', 'begun', 'stopped']

function inOrder(positions: ReadonlyMap<number, number>, steps: readonly NotedStep[]): Step[] {
  const numbered = steps.map((step) => {
    const position = positions.get(step.xid)
    if (position === undefined) throw new Error(`No transaction ${step.xid} has changed the deployment.`)
    return { ...step, position }
  })
  return numbered.sort(
    (a, b) => a.position - b.position || WITHIN_TRANSACTION.indexOf(a.kind) - WITHIN_TRANSACTION.indexOf(b.kind),
  )
}

/** The attempts that began while the deployment was stopped. */
export function begunWhileStopped(steps: readonly Step[]): Step[] {
  let is_stopped = false
  return steps.filter(({ kind }) => {
    if (kind === 'stopped') is_stopped = true
    if (kind === 'resumed') is_stopped = false
    return kind === 'begun' && is_stopped
  })
}

/** The largest number of devices that were in flight after a commit. */
export function mostInFlight(steps: readonly Step[]): number {
  let in_flight = 0
  return steps.reduce((most, { kind, xid }, i) => {
    if (kind === 'begun') in_flight++
    if (kind === 'ended') in_flight--
    return steps[i + 1]?.xid === xid ? most : Math.max(most, in_flight)
  }, 0)
}
