import { byShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { readAborts } from './abort-rows.ts'
import type { RowStore } from './change-rows.ts'

export type DeviceDeploymentKey = { tenant_id: string; device_id: string; deployment_id: string }

/** With what the devices were offered, which polls change. */
export const OFFERS: RowStore<DeviceDeployment> = {
  read: readDeviceDeployments,
  save: (tx, changes) =>
    saveDeviceDeployments(
      tx,
      changes.map(({ row }) => row),
    ),
}

export const deviceKeyOf = ({ tenant_id, device_id, deployment_id }: DeviceDeploymentKey): string =>
  `${tenant_id}/${deployment_id}/${device_id}`

const ROW =
  raw(`dd.tenant_id, dd.device_id, dd.id, dd.deployment_id, dd.phase_index, dd.status, dd.substate, dd.started,
  dd.finished, dd.attempts, dd.attempt_begun, dd.attempt_since, dd.concluded_by_server, dd.device_type,
  dd.request, dd.artifact_id, dd.image, dd.timed_out, dd.confirmation, dd.deadline, dd.download_key, dd.download_seen`)

/**
 * Whether the device of a row `dd` failed: `failedSince` in SQL, where a device that had timed out before an abort stays
 * failed, whether the abort has been written back to the row or not.
 */
export const HAS_FAILED = raw(`(dd.status = 'failure' or dd.timed_out is not null or dd.confirmation = 'missed')`)

/** The rows of these devices in these deployments as stored: an abort may not be written back yet (`withAbort`). */
export async function readDeviceDeployments(
  tx: Db,
  keys: readonly DeviceDeploymentKey[],
): Promise<Map<string, DeviceDeployment>> {
  const found = byShard(tx, keys, ({ device_id }) => device_id).map((some) => readSome(tx, some))
  return new Map((await Promise.all(found)).flat().map((row) => [deviceKeyOf(row), row]))
}

function readSome(tx: Db, keys: readonly DeviceDeploymentKey[]): Promise<DeviceDeployment[]> {
  const ids = keys.map(({ device_id }) => device_id)
  return tx.query<DeviceDeployment>(sql`
    select ${ROW}
    from unnest(${keys.map(({ tenant_id }) => tenant_id)}::text[], ${ids}::text[],
      ${keys.map(({ deployment_id }) => deployment_id)}::text[])
      with ordinality as key (tenant_id, device_id, deployment_id, ordinality)
    join device_deployments dd on dd.tenant_id = key.tenant_id and dd.device_id = key.device_id
      and dd.deployment_id = key.deployment_id and dd.deleted is null ${narrowed(tx, sql`dd.device_id`, ids)}`)
}

type CurrentRow = DeviceDeployment & { deployment_created: string }

/** The deployment that the device is working on. */
export async function readCurrent(tx: Db, tenant_id: string, device_id: string): Promise<CurrentRow | undefined> {
  const row = await tx.first<CurrentRow>(sql`
    select ${ROW}, dd.deployment_created from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.device_id = ${device_id} and dd.finished is null`)
  const [aborted] = row ? await readAborts(tx, [row]) : []
  return aborted ? undefined : row
}

/** The successes of the device that are to be confirmed. */
export const readUnconfirmed = (tx: Db, tenant_id: string, device_id: string) =>
  tx.query<DeviceDeployment>(sql`
    select ${ROW} from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.device_id = ${device_id} and dd.confirmation = 'awaited'
      and dd.deleted is null`)

/** Saves the columns that reports and polls change. */
export function saveDeviceDeployments(tx: Transaction, rows: readonly DeviceDeployment[]): void {
  for (const some of byShard(tx, rows, ({ device_id }) => device_id)) saveSome(tx, some)
}

function saveSome(tx: Transaction, rows: readonly DeviceDeployment[]): void {
  const ids = rows.map(({ device_id }) => device_id)
  tx.send(sql`
    update device_deployments dd set
      status = n.status, substate = n.substate, started = n.started, finished = n.finished, attempts = n.attempts,
      attempt_begun = n.attempt_begun, attempt_since = n.attempt_since, concluded_by_server = n.concluded_by_server,
      device_type = n.device_type, request = n.request, artifact_id = n.artifact_id, image = n.image,
      timed_out = n.timed_out, confirmation = n.confirmation, deadline = n.deadline, download_key = n.download_key,
      download_seen = n.download_seen
    from json_to_recordset(${JSON.stringify(rows)}) as n (tenant_id text, device_id text, id text, status text,
      substate text, started timestamptz, finished timestamptz, attempts int, attempt_begun boolean,
      attempt_since timestamptz, concluded_by_server boolean, device_type text, request jsonb, artifact_id text,
      image jsonb, timed_out timestamptz, confirmation text, deadline timestamptz, download_key text,
      download_seen timestamptz)
    where dd.tenant_id = n.tenant_id and dd.device_id = n.device_id and dd.id = n.id
      ${narrowed(tx, sql`dd.device_id`, ids)}`)
}
