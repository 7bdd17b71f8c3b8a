import { Type } from 'typebox'
import { findUser } from '../../auth/find-user.ts'
import { logOut } from '../../auth/log-out.ts'
import { User } from '../../auth/user.ts'
import type { Routes } from '../http.ts'

const tags = ['useradm']

export const useradmRoutes: Routes = (http, env) => {
  http.post(
    '/auth/logout',
    {
      schema: {
        tags,
        summary: 'End the session; its token is dead at once',
        response: { 202: Type.Unsafe<void>({ type: 'null', description: 'Done' }) },
      },
    },
    async ({ actor }, reply) => {
      await logOut(env, actor)
      return reply.code(202).send()
    },
  )

  http.get(
    '/users/me',
    { schema: { tags, summary: 'Whoever asks', response: { 200: User } } },
    async ({ actor }, reply) => {
      const user = await findUser(env, actor, actor.user_id)
      reply.header('etag', `"${user.updated_ts}"`)
      return user
    },
  )

  http.get(
    '/users/:id',
    {
      config: { permission: 'read_users' },
      schema: { tags, summary: 'One user', params: Type.Object({ id: Type.String() }), response: { 200: User } },
    },
    async ({ actor, params: { id } }, reply) => {
      const user = await findUser(env, actor, id)
      reply.header('etag', `"${user.updated_ts}"`)
      return user
    },
  )
}
