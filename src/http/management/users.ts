import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { NewUser, OwnChange, User, UserChange } from '../../auth/user.ts'
import { createUser } from '../../auth/users/create-user.ts'
import { deleteUser } from '../../auth/users/delete-user.ts'
import { findUser, findUsers } from '../../auth/users/find-user.ts'
import { updateUser } from '../../auth/users/update-user.ts'
import type { Env } from '../../env.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSeconds } from '../unix-seconds.ts'

const tags = ['useradm']
const config = { permission: 'users' as const }
const params = Type.Object({ id: Type.String() })
const seconds = Type.Optional(Type.String({ description: 'Unix seconds, inclusive' }))

const Query = Type.Object({
  ...PagingQuery,
  id: Type.Optional(Type.Array(Type.String(), { description: 'Any of these ids' })),
  email: Type.Optional(Type.Array(Type.String(), { description: 'Any of these addresses' })),
  ...{ created_after: seconds, created_before: seconds, updated_after: seconds, updated_before: seconds },
})

/** `me` is whoever asks. */
export const namedUser = (actor: Actor, id: string): string => (id === 'me' ? actor.user_id : id)

export const userRoutes: Routes = (http, env) => {
  http.get(
    '/users',
    {
      config: { permission: 'read_users' },
      schema: {
        ...{ tags, summary: 'List users, the first made first', querystring: Query },
        response: { 200: Type.Array(User), ...refusals(400) },
      },
    },
    async (request, reply) => {
      const { id, email, ...times } = request.query
      const page = readPage(times)
      const { users, total } = await findUsers(env, request.actor, {
        ...{ ...page, ids: id, emails: email },
        created_after: readSeconds('created_after', times.created_after),
        created_before: readSeconds('created_before', times.created_before),
        updated_after: readSeconds('updated_after', times.updated_after),
        updated_before: readSeconds('updated_before', times.updated_before),
      })
      sendPageHeaders(request, reply, page, { total })
      return users
    },
  )

  const show = async (reply: FastifyReply, actor: Actor, id: string) => {
    const user = await findUser(env, actor, id)
    reply.header('etag', `"${user.updated_ts}"`)
    return user
  }

  http.get(
    '/users/me',
    { schema: { tags, summary: 'Whoever asks', response: { 200: withHeaders(User, 'etag') } } },
    async ({ actor }, reply) => show(reply, actor, actor.user_id),
  )

  http.get(
    '/users/:id',
    {
      config: { permission: 'read_users' },
      schema: { tags, summary: 'One user', params, response: { 200: withHeaders(User, 'etag'), ...refusals(404) } },
    },
    async ({ actor, params: { id } }, reply) => show(reply, actor, id),
  )

  createUserRoute(http, env)

  http.put(
    '/users/:id',
    {
      schema: {
        ...{ tags, summary: 'Change a user; `me` is whoever asks. If-Match makes sure that nobody else did', params },
        ...{ body: UserChange, headers: IfMatch, response: { 204: nothing(), ...refusals(404, 409, 412, 422, 429) } },
      },
    },
    async (request, reply) => {
      const { actor, params, body: change } = request
      await updateUser(env, actor, { user_id: namedUser(actor, params.id), change, if_match: readIfMatch(request) })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/users/:id',
    {
      config,
      schema: { tags, summary: 'Delete a user, if there', params, response: { 204: nothing(), ...refusals(403) } },
    },
    async ({ actor, params }, reply) => {
      await deleteUser(env, actor, namedUser(actor, params.id))
      return reply.code(204).send()
    },
  )
}

/** Below `/api/management/v2/useradm`, where the web GUI of 2026 asks. */
export const userV2Routes: Routes = (http, env) => {
  createUserRoute(http, env)

  http.put(
    '/users/me',
    {
      schema: {
        ...{ tags, summary: 'Change your own password', body: OwnChange },
        response: { 204: nothing(), ...refusals(404, 422) },
      },
    },
    async ({ actor, body: change }, reply) => {
      await updateUser(env, actor, { user_id: actor.user_id, change })
      return reply.code(204).send()
    },
  )
}

function createUserRoute(http: Http, env: Env) {
  http.post(
    '/users',
    {
      config,
      schema: {
        ...{ tags, summary: 'Create a user', body: NewUser },
        response: { 201: created(), ...refusals(400, 403, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      const { user_id } = await createUser(env, actor, body)
      return reply.code(201).header('location', `users/${user_id}`).send()
    },
  )
}
