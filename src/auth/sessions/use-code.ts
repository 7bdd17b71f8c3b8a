import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { timeStepOf } from '../two-factor.ts'
import type { LockedUser } from '../users/lock-user.ts'

/**
 * Whether a two-factor code of a locked user is valid. Using it makes all codes of its time step and before invalid.
 */
export async function useCode(tx: Db, user: LockedUser, { code, now }: { code: string; now: Date }): Promise<boolean> {
  const step = timeStepOf(user.tfa_secret ?? '', code, now)
  if (step === undefined || step <= user.tfa_last_step) return false
  await tx.query(sql`
    update users set tfa_last_step = ${step} where tenant_id = ${user.tenant_id} and id = ${user.id}`)
  return true
}
