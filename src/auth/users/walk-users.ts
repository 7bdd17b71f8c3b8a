import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import type { User } from '../user.ts'
import { findUsers, type UserQuery } from './find-user.ts'

const CHUNK = 500

/** All users that match, in chunks. If one is deleted during the walk, another may be missing. */
export async function* walkUsers(env: Env, viewer: Pick<Actor, 'tenant_id'>, query: UserQuery): AsyncGenerator<User[]> {
  for (let offset = 0; ; offset += CHUNK) {
    const { users } = await findUsers(env, viewer, { ...query, per_page: CHUNK, offset })
    if (users.length > 0) yield users
    if (users.length < CHUNK) return
  }
}
