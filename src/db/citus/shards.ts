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
}

const IS_DISTRIBUTED = `select to_regclass('pg_dist_shard') is not null and to_regclass('two_phase') is not null as yes`
const BOUNDS = `
  select shardminvalue::int as first from pg_dist_shard where logicalrelid = 'devices'::regclass order by 1`

/** Undefined: this is no database that `muster distribute` has distributed. */
export async function readShards(client: pg.ClientBase): Promise<Shards | undefined> {
  const { rows } = await client.query<{ yes: boolean }>(IS_DISTRIBUTED)
  if (!rows[0]?.yes) return undefined
  const found = await client.query<{ first: number }>(BOUNDS)
  const bounds = found.rows.map(({ first }) => first)
  return {
    shardOf(device_id) {
      const hash = hashText(device_id)
      const after = bounds.findIndex((first) => first > hash)
      return (after < 0 ? bounds.length : after) - 1
    },
  }
}

type DeviceId = { tenant_id: string; device_id: string }

/**
 * The partition of a batch queue in which a device waits: with devices of its shard only. A statement for one shard is
 * planned in a fraction of the time, and a machine that is away holds up its own devices only.
 */
export const partitionOf = ({ device_id }: DeviceId, { db }: { db: { distribution: Distribution } }): string =>
  db.distribution.shards ? `${db.distribution.shards.shardOf(device_id)}` : ''

/** The same among the devices of a tenant. */
export const partitionOfTenant = (device: DeviceId, env: { db: { distribution: Distribution } }): string =>
  `${device.tenant_id} ${partitionOf(device, env)}`
