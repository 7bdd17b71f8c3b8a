import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { User } from '../user.ts'

export type UserId = { tenant_id: string; id: string }

export type LockedUser = UserId &
  Pick<User, 'email' | 'roles' | 'updated_ts' | 'tfa_status'> & {
    password_hash: string
    tfa_secret: string | null
    tfa_last_step: number
    verified_ts: string | null
  }

/** Locks the user to the end of the transaction; undefined: it was deleted. */
export const lockUser = (tx: Db, { tenant_id, id }: UserId): Promise<LockedUser | undefined> =>
  tx.first<LockedUser>(sql`
    select tenant_id, id, email, password_hash, roles, updated_ts, tfa_status, tfa_secret, tfa_last_step, verified_ts
    from users where tenant_id = ${tenant_id} and id = ${id} for no key update`)
