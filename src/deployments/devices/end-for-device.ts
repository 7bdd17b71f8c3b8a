import { randomUUID } from 'node:crypto'
import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type PhasePlace, toPlace } from '../placement.ts'
import { addDevice } from '../progress.ts'
import { keyOf } from '../rows/deployment-key.ts'
import { readCurrent, readUnconfirmed, saveDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'
import { listingDeployments, readListings } from '../rows/listing-rows.ts'
import { PLACES } from '../rows/place-columns.ts'
import { lockWithPhases, saveProgress } from '../rows/progress-rows.ts'
import { failedSince, standingOf } from '../standing.ts'
import { advance, applyTransition } from '../supervision.ts'

type Device = { tenant_id: string; device_id: string }
type End = { status: 'aborted' | 'decommissioned'; now: string }
type WaitingDeployment = {
  tenant_id: string
  deployment_id: string
  created: string
  is_random: boolean
  places: PhasePlace[] | null
}
type Missed = WaitingDeployment & { phase_index: number | null }

/**
 * Ends the deployment that the device is working on, and assigns it, as ended, to the unfinished static deployments
 * that list it and that it was never assigned to: otherwise these would never finish. A success that is to be confirmed
 * ends, too. `next` ends only one of all these, the first, and no success. The caller holds the lock of the device. Returns the deployments that ended for the device.
 */
export async function endForDevice(
  tx: Transaction,
  device: Device,
  end: End,
  which: 'all' | 'next',
): Promise<string[]> {
  // Locks: the progress rows, the rows of the device, then the tenant (CONTRIBUTING.md, "Locks").
  const before = await readCurrent(tx, device.tenant_id, device.device_id)
  const waiting = which === 'next' && before ? [] : await placed(tx, device, await findWaiting(tx, device))
  if (which === 'next') waiting.splice(1)
  const unconfirmed = which === 'next' ? [] : await readUnconfirmed(tx, device.tenant_id, device.device_id)
  const keys = [...(before ? [before] : []), ...waiting, ...unconfirmed]
  if (keys.length === 0) return []
  const locked = await lockWithPhases(tx, keys)
  for (const progress of locked.values()) advance(progress, end.now)
  // An abort may have committed first: it takes no lock of a device.
  const current = before && (await readCurrent(tx, device.tenant_id, device.device_id))
  const ending = [...(current ? [current] : []), ...unconfirmed]
  for (const row of ending) {
    const { status, phase_index } = row
    const standings = { left: standingOf(row), failed_since: failedSince(row) }
    applyTransition(locked.get(keyOf(row))!, { from: status, to: end.status, phase_index, ...standings }, end.now)
  }
  saveDeviceDeployments(
    tx,
    ending.map((row) => ({ ...row, ...ENDED, status: end.status, finished: end.now })),
  )
  const missed = waiting.filter((key) => locked.get(keyOf(key))?.finished === null)
  for (const one of missed) {
    const progress = locked.get(keyOf(one))!
    const { phase_index } = one
    addDevice(progress, { is_listed: true, phase_index })
    applyTransition(progress, { from: 'pending', to: end.status, phase_index }, end.now)
    await insertEnded(tx, device, end, one)
  }
  await saveProgress(tx, locked, locked.values(), end.now)
  return [...ending, ...missed].map(({ deployment_id }) => deployment_id)
}

const ENDED = { timed_out: null, confirmation: null, deadline: null, download_seen: null } as const

/** A device that is named, or has a rank, ends in its phase; also one that a filter excludes since the creation. */
async function placed(tx: Db, device: Device, waiting: readonly WaitingDeployment[]): Promise<Missed[]> {
  if (waiting.every(({ places }) => places === null)) return waiting.map((one) => ({ ...one, phase_index: null }))
  const facts = await findDeviceFacts(tx, { ...device, rolled_back: [] })
  return waiting.flatMap((one) => {
    if (!facts) return []
    return [{ ...one, phase_index: toPlace({ ...one, exclude: null, id: one.deployment_id })(facts.device) }]
  })
}

async function findWaiting(tx: Db, { tenant_id, device_id }: Device): Promise<WaitingDeployment[]> {
  const listings = await readListings(tx, tenant_id, [device_id])
  return tx.query<WaitingDeployment>(sql`
    select d.tenant_id, d.id as deployment_id, d.created, ${PLACES} as places,
      coalesce(d.rollout ->> 'order' = 'random', false) as is_random
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and p.finished is null and not (d.id = any(${listings.assigned}::text[]))
      and d.id in (${listingDeployments(listings)})
    order by d.created`)
}

const insertEnded = (
  tx: Db,
  { tenant_id, device_id }: Device,
  { status, now }: End,
  { deployment_id, created, phase_index }: Missed,
) =>
  tx.query(sql`
    insert into device_deployments (
      tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status, created,
      finished)
    values (${tenant_id}, ${device_id}, ${randomUUID()}, ${deployment_id}, ${created}, ${phase_index}, ${status}, ${now},
      ${now})`)
