import { hasCode } from '../../error-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import type { Database, Db } from '../db.ts'
import { raw } from '../sql.ts'
import { type Device, lockFreeDevices } from './device-lock.ts'

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
    if (hasCode(error, SQLSTATE.lock_not_available)) return new Set()
    throw error
  }
}
