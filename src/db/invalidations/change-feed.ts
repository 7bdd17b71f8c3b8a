import pg from 'pg'
import { parseSettled } from '../citus/settle.ts'
import { LOOK_UPS_ONLY } from '../connections.ts'
import type { History } from '../history.ts'
import { raw, sql, toQuery } from '../sql.ts'
import { executePrepared } from './execute-prepared.ts'

/** A change that makes invalid what was cached of a device: of every tenant, of a tenant's deployments, or of one. */
export type Invalidation =
  | { tenant_id: null }
  | { tenant_id: string; device_id: null }
  /** `device_version`: null if the device has another deployment, or is gone. */
  | { tenant_id: string; device_id: string; device_version: number | null }

/** `xid`: the transaction that made the change. */
export type Noted = Invalidation & { xid: string }

/** What was committed since the previous read; `complete` is false if something may be missing. */
export type Changes = { complete: boolean; invalidations: readonly Noted[]; cluster?: ClusterState }

/** On a Citus cluster. */
export type ClusterState = {
  /** The first transaction that the read did not show. */
  end: number
  /** By shard: all transactions before it are visible on the shard's machine (`src/db/citus/settle.ts`). */
  settled: readonly number[]
}

/**
 * Reads what other transactions have changed, each committed one exactly once and whatever the order of the commits:
 * docs/decisions/025 has the proof.
 */
export type ChangeFeed = {
  /** Everything committed before the call. Reads may overlap. Rejects if there is no connection. */
  read(): Promise<Changes>
  close(): Promise<void>
}

/** A process that has missed more compares the versions of its devices instead. */
const MAX_INVALIDATIONS = 10_000
const INCOMPLETE: Changes = { complete: false, invalidations: [] }

/** `muster distribute` removes the triggers, which a distributed table cannot have; then the program notes changes. */
const WHO_NOTES = `
  select to_regclass('two_phase') is not null as is_distributed, exists (
    select from pg_trigger
    where tgrelid = 'devices'::regclass and tgname = 'invalidate' and tgenabled <> 'D') as has_triggers`
type WhoNotes = { is_distributed: boolean; has_triggers: boolean }

/** `options`: of the primary. The connection is opened at the first read, and again after it was lost. */
export function openChangeFeed(options: pg.ClientConfig, history: Pick<History, 'identify'>): ChangeFeed {
  let session: Promise<Session> | undefined
  let isClosed = false

  const open = () => {
    const opened = openSession(options, history)
    const forget = () => {
      if (session === opened) session = undefined
    }
    // Lost while nothing is read, it is replaced by the next read.
    opened.then(({ client }) => client.once('end', forget), forget)
    return opened
  }
  const read = async () => {
    if (isClosed) throw new Error('The database has been closed.')
    session ??= open()
    const own = session
    try {
      return await readFrom(await own)
    } catch (error) {
      if (session === own) session = undefined
      // Not awaited: of a database that does not respond, it would take as long again.
      own.then(({ client }) => client.end()).catch(() => {})
      throw error
    }
  }
  const close = async () => {
    isClosed = true
    await session?.then(({ client }) => client.end()).catch(() => {})
  }
  return { read, close }
}

type Session = WhoNotes & {
  client: pg.Client
  /** The snapshot of the latest read. Valid for this connection only: after a crash, transaction IDs are used again. */
  seen?: Snapshot
  parsed: { text: string | null; settled: readonly number[] }
}

async function openSession(options: pg.ClientConfig, history: Pick<History, 'identify'>): Promise<Session> {
  const client = new pg.Client(options)
  // The read in flight fails by itself.
  client.on('error', () => {})
  await client.connect()
  try {
    await history.identify(client)
    await client.query(LOOK_UPS_ONLY)
    const { rows } = await client.query<WhoNotes>(WHO_NOTES)
    const session = { client, ...rows[0]!, parsed: { text: null, settled: [] } }
    if (isNoted(session)) await client.query(STATEMENT)
    return session
  } catch (error) {
    await client.end()
    throw error
  }
}

/** The transactions that a snapshot does not show: those that `running` lists, and all from `end` on. */
type Snapshot = { pid: string; oldest: number; end: string; running: string[] }

/** Of the statement: those of the snapshot, then of the invalidation; `xid` is null if there is none. */
type Row = readonly [
  snapshot: string,
  pid: string,
  pruned: string,
  settled: string | null,
  xid: string | null,
  tenant_id: string | null,
  device_id: string | null,
  device_version: string | null,
  /** Devices that have another deployment. */
  device_ids: string | null,
]

const isNoted = ({ has_triggers, is_distributed }: WhoNotes): boolean => has_triggers || is_distributed

async function readFrom(session: Session): Promise<Changes> {
  if (!isNoted(session)) return INCOMPLETE
  const { seen, client, is_distributed } = session
  const values = [seen?.end ?? null, `{${seen?.running.join(',') ?? ''}}`]
  const rows = (await executePrepared(client, STATEMENT.name, values)) as unknown as Row[]
  const [first] = rows
  if (!first) return INCOMPLETE
  const [, pid, pruned] = first
  session.seen = toSnapshot(first)
  // A pooler may have given the connection to another server process.
  const isContinued = seen !== undefined && seen.pid === pid && Number(pruned) < seen.oldest
  const complete = isContinued && rows.length <= MAX_INVALIDATIONS
  return {
    complete,
    invalidations: complete ? rows.flatMap(toNoted) : [],
    ...(is_distributed ? { cluster: { end: Number(session.seen.end), settled: settledOf(session, first) } } : {}),
  }
}

/** Parsed when it has changed, which is once a second at most. */
function settledOf({ parsed }: Session, [, , , settled]: Row): readonly number[] {
  if (parsed.text !== settled) Object.assign(parsed, { text: settled, settled: parseSettled(settled) ?? [] })
  return parsed.settled
}

function toNoted([, , , , xid, tenant_id, device_id, device_version, device_ids]: Row): Noted[] {
  if (xid === null) return []
  if (tenant_id === null) return [{ xid, tenant_id }]
  if (device_ids !== null)
    return device_ids.split(',').map((each) => ({ xid, tenant_id, device_id: each, device_version: null }))
  if (device_id === null) return [{ xid, tenant_id, device_id }]
  return [{ xid, tenant_id, device_id, device_version: device_version === null ? null : Number(device_version) }]
}

const COLUMNS = raw('i.xid, i.tenant_id, i.device_id, i.device_version, i.device_ids')
const LIMIT = raw(String(MAX_INVALIDATIONS + 1))
/**
 * By two look-ups instead of `xid >= oldest and not pg_visible_in_snapshot(...)`, which reads again what is committed
 * after the oldest running transaction, as long as that one takes. The statement's own snapshot is the one it returns.
 * Its parameters: the end of the latest snapshot, null for none, and what ran then.
 */
const STATEMENT = {
  name: 'invalidations',
  ...toQuery(sql`
    select pg_current_snapshot()::text, pg_backend_pid(), p.xid::text, p.settled::text, i.xid::text, i.tenant_id,
      i.device_id, i.device_version, i.device_ids
    from invalidations_pruned p left join lateral (
      (select ${COLUMNS} from invalidations i where i.xid >= ${null}::xid8 limit ${LIMIT})
      union all
      (select ${COLUMNS} from invalidations i where i.xid = any(${[]}::xid8[]) limit ${LIMIT})
    ) i on true`),
}

function toSnapshot([snapshot, pid]: Row): Snapshot {
  const [oldest = '', end = '', running = ''] = snapshot.split(':')
  return { pid, oldest: Number(oldest), end, running: running === '' ? [] : running.split(',') }
}
