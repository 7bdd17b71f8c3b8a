import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'

/**
 * Something that a transaction did to a deployment. `begun`: a device got its first offer or another attempt; `ended`:
 * it is no longer in flight; `stopped`, `resumed`: the deployment.
 */
export type Step = {
  xid: number
  kind: 'begun' | 'ended' | 'stopped' | 'resumed'
  device_id?: string
  phase_index?: number | null
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
  is_finished: boolean
  is_awaited: boolean
}

/**
 * Locking the deployment is the first thing for which its transactions get an id from PostgreSQL, and they hold the lock
 * until they commit: so their ids are in the order of their commits. Each row has the id of the last one that wrote it.
 */
export function openHistory(db: Db, deployment_id: string): History {
  const noted: Step[] = []
  const in_flight = new Set<string>()
  const read = (device_id: string) =>
    db.first<Row>(sql`
      select xmin::text::bigint as xid, status, phase_index, attempt_begun, finished is not null as is_finished,
        confirmation is not distinct from 'awaited' as is_awaited
      from device_deployments where deployment_id = ${deployment_id} and device_id = ${device_id}`)
  return {
    begun: async (device_id) => {
      const row = await read(device_id)
      // An abort has been written to the row since, in a transaction of its own.
      if (!row || row.status === 'aborted') return
      in_flight.add(device_id)
      noted.push({ kind: 'begun', device_id, xid: row.xid, phase_index: row.phase_index })
    },
    ended: async (device_id) => {
      const row = await read(device_id)
      const has_ended = row && row.status !== 'aborted' && (row.is_finished ? !row.is_awaited : !row.attempt_begun)
      if (has_ended && in_flight.delete(device_id))
        noted.push({ kind: 'ended', device_id, xid: row.xid, phase_index: row.phase_index })
    },
    steps: async () => inOrder([...noted, ...(await readOrders(db, deployment_id))]),
  }
}

const readOrders = (db: Db, deployment_id: string) =>
  db.query<Step>(sql`
    select xmin::text::bigint as xid, case action when 'resume' then 'resumed' else 'stopped' end as kind
    from events where object_id = ${deployment_id} and action in ('trip', 'pause', 'abort', 'rollback', 'resume')`)

/** The transaction that stops a deployment may have begun attempts before. */
const WITHIN_TRANSACTION: readonly Step['kind'][] = ['resumed', 'ended', 'begun', 'stopped']

const inOrder = (steps: Step[]) =>
  steps.sort((a, b) => a.xid - b.xid || WITHIN_TRANSACTION.indexOf(a.kind) - WITHIN_TRANSACTION.indexOf(b.kind))

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
