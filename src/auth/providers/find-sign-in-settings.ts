import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import type { SignInSettings } from '../sign-in-settings.ts'

/** Who may sign in with a password. */
export async function findSignInSettings(env: Env, { tenant_id }: Pick<Actor, 'tenant_id'>): Promise<SignInSettings> {
  const found = await env.db.first<{ password_user_id: string | null }>(sql`
    select password_user_id from tenants where tenant_id = ${tenant_id}`)
  return found?.password_user_id
    ? { password_sign_in: 'one_user', password_user_id: found.password_user_id }
    : { password_sign_in: 'everyone' }
}
