import type pg from 'pg'
import { hashText } from './hash-text.ts'

/** Of a database, known from its first connection on. */
export type Distribution = {
  /** Undefined: the tables are not distributed. */
  shards: Shards | undefined
}

/** Where the rows of devices are. Shards may move while a process runs: what is chosen by it is right anyway, only slower. */
export type Shards = {
  /** The shard of a device: a number from 0. */
  shardOf(device_id: string): number
  /** The machine of a shard: a number of a group of machines. */
  machineOf(shard: number): number
}

const IS_DISTRIBUTED = `select to_regclass('pg_dist_shard') is not null and to_regclass('two_phase') is not null as yes`
const SHARDS = `
  select shardminvalue::int as first, (
    select groupid from pg_dist_placement p where p.shardid = s.shardid limit 1) as machine
  from pg_dist_shard s where logicalrelid = 'devices'::regclass order by 1`

/** Undefined: this is no database that `muster distribute` has distributed. */
export async function readShards(client: pg.ClientBase): Promise<Shards | undefined> {
  const { rows } = await client.query<{ yes: boolean }>(IS_DISTRIBUTED)
  if (!rows[0]?.yes) return undefined
  const found = await client.query<{ first: number; machine: number }>(SHARDS)
  const bounds = found.rows.map(({ first }) => first)
  return {
    shardOf(device_id) {
      const hash = hashText(device_id)
      const after = bounds.findIndex((first) => first > hash)
      return (after < 0 ? bounds.length : after) - 1
    },
    machineOf: (shard) => found.rows[shard]?.machine ?? 0,
  }
}

type DeviceId = { tenant_id: string; device_id: string }
type Holder = { db: { distribution: Distribution } }

/**
 * The partition of a batch queue in which a device waits, for a statement: with devices of its shard only. A statement
 * for one shard is planned in a fraction of the time, and a machine that is away holds up its own devices only.
 */
export const partitionOf = ({ device_id }: DeviceId, { db }: Holder): string =>
  db.distribution.shards ? `${db.distribution.shards.shardOf(device_id)}` : ''

/** For a transaction, which costs more than a statement: with devices of its machine. */
export const partitionByMachine = ({ device_id }: DeviceId, { db: { distribution } }: Holder): string =>
  distribution.shards ? `${distribution.shards.machineOf(distribution.shards.shardOf(device_id))}` : ''

/** The same among the devices of a tenant. */
export const partitionOfTenant = (device: DeviceId, env: Holder): string =>
  `${device.tenant_id} ${partitionByMachine(device, env)}`

/**
 * How many runs of a partition may be in flight: with several, devices of few shards would share none, and a statement
 * costs a cluster several times as much.
 */
export const runsAtATime = ({ db }: Holder): number => (db.distribution.shards ? 1 : 2)
