import type { Database, Db } from '../db.ts'
import { raw } from '../sql.ts'
import { type Device, lockFreeDevices } from './device-lock.ts'

const LOCK_NOT_AVAILABLE = '55P03'
const PATIENCE_MS = 100

/**
 * Runs `work` in a transaction that holds those of the devices that nobody else has locked, whose ids it answers. Work that can be done
 * at any other time does not wait: nor for rows that somebody holds without the lock of their device, since that somebody would keep
 * all these devices waiting. Then it answers none, and nothing was done.
 */
export async function withFreeDevices(
  db: Database,
  devices: readonly Device[],
  work: (tx: Db, free: Set<string>) => Promise<void>,
): Promise<Set<string>> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query(raw(`set local lock_timeout = ${PATIENCE_MS}`))
      const free = await lockFreeDevices(tx, devices)
      await work(tx, free)
      return free
    })
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return new Set()
    throw error
  }
}
