import { and, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { userNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { User } from '../user.ts'

type Viewer = Pick<Actor, 'tenant_id'>

/** A user of the actor's tenant. */
export async function findUser(env: Env, { tenant_id }: Viewer, id: string): Promise<User> {
  const [user] = await selectUsers(env, sql`u.tenant_id = ${tenant_id} and u.id = ${id}`)
  if (!user) throw userNotFound()
  return user
}

/** An absent member is no condition; times are inclusive. */
export type UserQuery = {
  ids?: readonly string[] | undefined
  emails?: readonly string[] | undefined
  created_after?: string | undefined
  created_before?: string | undefined
  updated_after?: string | undefined
  updated_before?: string | undefined
}

/** Ordered by creation. */
export async function findUsers(
  env: Env,
  { tenant_id }: Viewer,
  { per_page, offset, ...query }: UserQuery & { per_page: number; offset: number },
): Promise<{ users: User[]; total: number }> {
  const where = matching(tenant_id, query)
  const counted = await env.db.first<{ total: number }>(sql`select count(*) as total from users u where ${where}`)
  const page = sql`${where} order by u.created_ts, u.id limit ${per_page} offset ${offset}`
  return { users: await selectUsers(env, page), total: counted?.total ?? 0 }
}

function matching(tenant_id: string, { ids, emails, ...times }: UserQuery): Sql {
  const { created_after, created_before, updated_after, updated_before } = times
  return and([
    sql`u.tenant_id = ${tenant_id}`,
    ...(ids ? [sql`u.id = any(${ids})`] : []),
    ...(emails ? [sql`u.email = any(${emails.map((email) => email.toLowerCase())})`] : []),
    ...(created_after ? [sql`u.created_ts >= ${created_after}`] : []),
    ...(created_before ? [sql`u.created_ts <= ${created_before}`] : []),
    ...(updated_after ? [sql`u.updated_ts >= ${updated_after}`] : []),
    ...(updated_before ? [sql`u.updated_ts <= ${updated_before}`] : []),
  ])
}

/** A server that sends no e-mail cannot verify addresses. */
async function selectUsers({ db, config }: Env, where: Sql): Promise<User[]> {
  const is_verifying = config.mail !== undefined
  const rows = await db.query<Omit<User, 'login_ts'> & { login_ts: string | null }>(sql`
    select u.id, u.email, u.roles, u.created_ts, u.updated_ts, u.login_ts, u.tfa_status,
      (u.verified_ts is not null or not ${is_verifying}::boolean) as verified,
      u.password_hash <> '' as has_password, (
      select jsonb_build_array(jsonb_build_object('id', t.tenant_id, 'name', t.name))
      from tenants t where t.tenant_id = u.tenant_id) as tenants
    from users u where ${where}`)
  return rows.map(({ login_ts, ...user }) => (login_ts ? { ...user, login_ts } : user))
}
