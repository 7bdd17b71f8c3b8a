import { hasCode } from '../../has-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import type { Database, Db } from '../db.ts'
import { raw } from '../sql.ts'
import { type Device, lockFreeDevices } from './device-lock.ts'

const LOCK_TIMEOUT_MS = 100

/**
 * Runs `work` in a transaction that holds the locks of those devices that no other transaction has locked, and returns
 * their ids. For work that can be done at any time: it does not wait for row locks either, because all these devices
 * would wait with it if the holder has no device lock. In that case nothing is done, and the set is empty.
 */
export async function withFreeDevices(
  db: Database,
  devices: readonly Device[],
  work: (tx: Db, free: Set<string>) => Promise<void>,
): Promise<Set<string>> {
  try {
    return await db.transaction(async (tx) => {
      // For the machines of the rows, too.
      if (tx.distribution.shards) await tx.query(raw(`set local citus.propagate_set_commands = 'local'`))
      await tx.query(raw(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`))
      const free = await lockFreeDevices(tx, devices)
      await work(tx, free)
      return free
    })
  } catch (error) {
    if (hasCode(error, SQLSTATE.lock_not_available)) return new Set()
    throw error
  }
}
