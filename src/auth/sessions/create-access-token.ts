import { violatedConstraint } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { clientGone, tokenNameTaken, tooManyTokens, unauthorized } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { NewAccessToken } from '../access-token.ts'
import type { Actor } from '../actor.ts'
import { lockUser, type UserId } from '../users/lock-user.ts'
import { signUserToken, type TokenUser, type UserToken } from './sign-user-token.ts'

const MAX_TOKENS = 10

/** `isGone`: whether the client has closed the connection. The token is returned only once, so it would be useless. */
type AccessTokenRequest = NewAccessToken & { isGone?: () => boolean }

/** Returns a token with the permissions of the user, valid until it expires or is deleted. */
export async function createAccessToken(
  env: Env,
  actor: Actor,
  { name, expires_in, isGone }: AccessTokenRequest,
): Promise<string> {
  const id = { tenant_id: actor.tenant_id, id: actor.user_id }
  return env.db.transaction(async (tx) => {
    if (!(await lockUser(tx, id))) throw unauthorized()
    const token = signUserToken(env, await findTokenUser(tx, id), expires_in || undefined)
    await deleteExpired(tx, id, token.created_ts)
    if ((await countTokens(tx, id)) >= MAX_TOKENS) throw tooManyTokens()
    await insertToken(tx, id, { ...token, name })
    const object = eventObject('token', token.id, { name })
    await recordEvent(tx, actor, { at: new Date(token.created_ts), action: 'create', object })
    if (isGone?.()) throw clientGone()
    return token.text
  })
}

async function findTokenUser(tx: Db, { tenant_id, id }: UserId): Promise<TokenUser> {
  const tenant = await tx.first<{ plan: string; trial: boolean }>(sql`
    select plan, trial from tenants where tenant_id = ${tenant_id}`)
  if (!tenant) throw unauthorized()
  return { tenant_id, id, ...tenant }
}

const deleteExpired = (tx: Db, { tenant_id, id }: UserId, now: string) =>
  tx.query(sql`
    delete from user_tokens
    where tenant_id = ${tenant_id} and user_id = ${id} and name is not null and expires_ts <= ${now}`)

async function countTokens(tx: Db, { tenant_id, id }: UserId): Promise<number> {
  const found = await tx.first<{ count: number }>(sql`
    select count(*) from user_tokens where tenant_id = ${tenant_id} and user_id = ${id} and name is not null`)
  return found?.count ?? 0
}

async function insertToken(tx: Db, { tenant_id, id }: UserId, token: UserToken & { name: string }): Promise<void> {
  try {
    await tx.query(sql`
      insert into user_tokens (tenant_id, id, user_id, name, created_ts, expires_ts)
      values (${tenant_id}, ${token.id}, ${id}, ${token.name}, ${token.created_ts}, ${token.expires_ts})`)
  } catch (error) {
    if (violatedConstraint(error) === 'user_tokens_name') throw tokenNameTaken()
    throw error
  }
}
