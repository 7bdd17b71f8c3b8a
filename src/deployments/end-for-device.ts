import { randomUUID } from 'node:crypto'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { readCurrent, saveDeviceDeployments } from './device-deployment-rows.ts'
import { move } from './progress.ts'
import { keyOf, lockProgress, saveProgress } from './progress-rows.ts'

type Device = { tenant_id: string; device_id: string }
type End = { status: 'aborted' | 'decommissioned'; now: string }

/** Ends what the device is in the middle of. The caller holds the device's lock. */
export async function endCurrent(tx: Db, { tenant_id, device_id }: Device, { status, now }: End): Promise<boolean> {
  const seen = await readCurrent(tx, tenant_id, device_id)
  if (!seen) return false
  const progress = (await lockProgress(tx, [seen])).get(keyOf(seen))
  // An abort may have come first: it needs no device's lock.
  const current = await readCurrent(tx, tenant_id, device_id)
  if (!current || !progress) return false
  move(progress, current.status, status, now)
  await saveDeviceDeployments(tx, [{ ...current, status, finished: now }])
  await saveProgress(tx, [progress])
  return true
}

/**
 * Counts a device, as ended, into unfinished static deployments that list it and that it never asked for: else they would
 * wait for it for ever. Oldest first, `most` at the most. The caller holds the device's lock.
 */
export async function endListed(
  tx: Db,
  { tenant_id, device_id }: Device,
  { status, now }: End,
  most: number | null = null,
): Promise<void> {
  const waiting = await tx.query<{ deployment_id: string; created: string }>(sql`
    select d.id as deployment_id, d.created
    from deployment_targets t
      join deployments d on d.tenant_id = t.tenant_id and d.id = t.deployment_id
      join deployment_progress p on p.tenant_id = t.tenant_id and p.deployment_id = t.deployment_id
    where t.tenant_id = ${tenant_id} and t.device_id = ${device_id} and p.finished is null and not exists (
      select 1 from device_deployments dd
      where dd.tenant_id = t.tenant_id and dd.device_id = t.device_id and dd.deployment_id = t.deployment_id)
    order by d.created limit ${most}`)
  if (waiting.length === 0) return
  const locked = await lockProgress(
    tx,
    waiting.map(({ deployment_id }) => ({ tenant_id, deployment_id })),
  )
  const ended = waiting.filter(
    ({ deployment_id }) => locked.get(keyOf({ tenant_id, deployment_id }))?.finished === null,
  )
  for (const { deployment_id, created } of ended) {
    const progress = locked.get(keyOf({ tenant_id, deployment_id }))!
    progress.device_count++
    move(progress, 'pending', status, now)
    await tx.query(sql`
      insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, finished)
      values (${tenant_id}, ${device_id}, ${randomUUID()}, ${deployment_id}, ${created}, ${status}, ${now}, ${now})`)
  }
  await saveProgress(
    tx,
    ended.map(({ deployment_id }) => locked.get(keyOf({ tenant_id, deployment_id }))!),
  )
}
