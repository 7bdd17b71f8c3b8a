import { byShard, readByShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import type { Transaction } from '../../db/db.ts'
import { positions } from '../../db/positions.ts'
import { join, prepared, raw, type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { DeviceAttempt } from '../device-deployment.ts'
import type { RowStore, Saved } from './change-rows.ts'
import { type DeviceDeploymentKey, deviceKeyOf } from './device-deployment-rows.ts'

/** Without what the devices were offered, which reports never change. */
export const ATTEMPTS: RowStore<DeviceAttempt> = { read: readAttempts, save: saveAttempts }

const TYPES = {
  ...{ status: 'text', substate: 'text', started: 'timestamptz', finished: 'timestamptz', attempts: 'int' },
  ...{ attempt_begun: 'boolean', attempt_since: 'timestamptz', concluded_by_server: 'boolean' },
  ...{ timed_out: 'timestamptz', confirmation: 'text', deadline: 'timestamptz', download_seen: 'timestamptz' },
} as const
const COLUMNS = Object.keys(TYPES) as (keyof typeof TYPES)[]

const columnsOf = (alias: string): Sql => raw(COLUMNS.map((column) => `${alias}.${column}`).join(', '))

type Row = Omit<DeviceAttempt, keyof DeviceDeploymentKey | 'image'> & { at: number; size: number | null }

/** As stored: an abort may not be written back yet (`withAbort`). Keys come from requests, and ids of devices from us. */
async function readAttempts(
  tx: Transaction,
  keys: readonly DeviceDeploymentKey[],
): Promise<Map<string, DeviceAttempt>> {
  const rows = await readByShard(tx, keys, (some) => readRows(tx, some))
  return new Map(
    rows.map((row) => {
      const { tenant_id, device_id, deployment_id } = keys[row.at - 1]!
      const image = row.size === null ? null : { size: row.size }
      const attempt = Object.assign(row, { tenant_id, device_id, deployment_id, image })
      return [deviceKeyOf(attempt), attempt]
    }),
  )
}

function readRows(tx: Transaction, keys: readonly DeviceDeploymentKey[]): Promise<Row[]> {
  const ids = keys.map(({ device_id }) => device_id)
  const deployments = positions(keys, ({ deployment_id }) => deployment_id)
  return tx.query<Row>(
    prepared(sql`
      select key.ordinality as at, dd.id, dd.phase_index, (dd.image ->> 'size')::bigint as size, dd.download_key,
        ${columnsOf('dd')}
      from unnest(${textArray(keys, ({ tenant_id }) => tenant_id)}, ${textArray(ids, (id) => id)},
          ${textArray(deployments.of, (position) => position)}::int[])
        with ordinality as key (tenant_id, device_id, deployment, ordinality)
      join device_deployments dd on dd.tenant_id = key.tenant_id and dd.device_id = key.device_id
        and dd.deployment_id = (${deployments.distinct}::text[])[key.deployment] and dd.deleted is null
        ${narrowed(tx, sql`dd.device_id`, ids)}`),
  )
}

function saveAttempts(tx: Transaction, saved: readonly Saved<DeviceAttempt>[]): void {
  for (const some of byShard(tx, saved, ({ row }) => row.device_id)) saveSome(tx, some)
}

/** Sends what changes: many devices of a batch change alike. */
function saveSome(tx: Transaction, saved: readonly Saved<DeviceAttempt>[]): void {
  const rows = saved.map(({ row }) => row)
  const ids = rows.map(({ device_id }) => device_id)
  const changes = positions(saved, changeText)
  tx.send(
    prepared(sql`
      update device_deployments dd set
        ${join(COLUMNS.map((column, i) => raw(`${column} = case when c.changed & ${1 << i} = 0 then dd.${column} else c.${column} end`)))}
      from unnest(${textArray(rows, ({ tenant_id }) => tenant_id)}, ${textArray(ids, (id) => id)},
          ${textArray(rows, ({ id }) => id)}, ${textArray(changes.of, (position) => position)}::int[])
        with ordinality as n (tenant_id, device_id, id, change, ordinality)
      join rows from (json_to_recordset(${`[${changes.distinct.join(',')}]`}) as (changed int, ${TYPED_COLUMNS}))
        with ordinality as c on c.ordinality = n.change
      where dd.tenant_id = n.tenant_id and dd.device_id = n.device_id and dd.id = n.id
        ${narrowed(tx, sql`dd.device_id`, ids)}`),
  )
}

const TYPED_COLUMNS = raw(COLUMNS.map((column) => `${column} ${TYPES[column]}`).join(', '))

function changeText({ stored, row }: Saved<DeviceAttempt>): string {
  let changed = 0
  const values: Record<string, unknown> = {}
  COLUMNS.forEach((column, i) => {
    if (row[column] === stored[column]) return
    changed |= 1 << i
    values[column] = row[column]
  })
  return JSON.stringify({ changed, ...values })
}
