import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { TokenUser, UserToken } from './sign-user-token.ts'

const MAX_SESSIONS = 10

/** Stores the session of a locked user. Of more than ten sessions the oldest ends. */
export async function recordSession(
  tx: Db,
  { tenant_id, id }: Pick<TokenUser, 'tenant_id' | 'id'>,
  token: UserToken,
): Promise<void> {
  await tx.query(sql`update users set login_ts = ${token.created_ts} where tenant_id = ${tenant_id} and id = ${id}`)
  await tx.query(sql`
    insert into user_tokens (tenant_id, id, user_id, created_ts, expires_ts)
    values (${tenant_id}, ${token.id}, ${id}, ${token.created_ts}, ${token.expires_ts})`)
  await tx.query(sql`
    delete from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null and id not in (
      select id from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is null
      order by id = ${token.id} desc, created_ts desc limit ${MAX_SESSIONS})`)
}
