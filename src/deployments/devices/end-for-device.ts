import { randomUUID } from 'node:crypto'
import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { addDevice, applyTransition } from '../progress.ts'
import { readCurrent, saveDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { keyOf, lockProgress, saveProgress } from '../rows/progress-rows.ts'

type Device = { tenant_id: string; device_id: string }
type End = { status: 'aborted' | 'decommissioned'; now: string }
type Waiting = { tenant_id: string; deployment_id: string; created: string }

/**
 * Ends what the device is in the middle of, and counts it, as ended, into unfinished static deployments that list it and
 * that it never asked for: else they would wait for it for ever. `next` ends but one of these, the first to come.
 * The caller holds the device's lock. Answers the deployments that ended for the device.
 */
export async function endForDevice(
  tx: Transaction,
  device: Device,
  end: End,
  which: 'all' | 'next',
): Promise<string[]> {
  const seen = await readCurrent(tx, device.tenant_id, device.device_id)
  const waiting = which === 'next' && seen ? [] : await findWaiting(tx, device, which === 'next' ? 1 : null)
  if (!seen && waiting.length === 0) return []
  const locked = await lockProgress(tx, seen ? [seen, ...waiting] : waiting)
  // An abort may have come first: it needs no device's lock.
  const current = seen && (await readCurrent(tx, device.tenant_id, device.device_id))
  if (current) {
    applyTransition(locked.get(keyOf(current))!, { ...current, from: current.status, to: end.status }, end.now)
    saveDeviceDeployments(tx, [{ ...current, status: end.status, finished: end.now }])
  }
  const missed = waiting.filter((key) => locked.get(keyOf(key))?.finished === null)
  for (const one of missed) {
    const progress = locked.get(keyOf(one))!
    addDevice(progress, { is_listed: true, phase_index: null })
    applyTransition(progress, { from: 'pending', to: end.status, phase_index: null }, end.now)
    await insertEnded(tx, device, end, one)
  }
  saveProgress(tx, locked, locked.values())
  return [...(current ? [current] : []), ...missed].map(({ deployment_id }) => deployment_id)
}

const findWaiting = (tx: Db, { tenant_id, device_id }: Device, most: number | null) =>
  tx.query<Waiting>(sql`
    select d.tenant_id, d.id as deployment_id, d.created
    from listed_devices t
      join deployments d on d.tenant_id = t.tenant_id and d.id = t.deployment_id
      join deployment_progress p on p.tenant_id = t.tenant_id and p.deployment_id = t.deployment_id
    where t.tenant_id = ${tenant_id} and t.device_id = ${device_id} and p.finished is null and not exists (
      select 1 from device_deployments dd
      where dd.tenant_id = t.tenant_id and dd.device_id = t.device_id and dd.deployment_id = t.deployment_id)
    order by d.created limit ${most}`)

const insertEnded = (
  tx: Db,
  { tenant_id, device_id }: Device,
  { status, now }: End,
  { deployment_id, created }: Waiting,
) =>
  tx.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, finished)
    values (${tenant_id}, ${device_id}, ${randomUUID()}, ${deployment_id}, ${created}, ${status}, ${now}, ${now})`)
