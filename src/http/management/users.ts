import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { NewUser, OwnChange, User, UserChange } from '../../auth/user.ts'
import { USER_COLUMNS, userCells } from '../../auth/user-csv.ts'
import { createUser } from '../../auth/users/create-user.ts'
import { deleteUser } from '../../auth/users/delete-user.ts'
import { findUser, findUsers, type UserQuery } from '../../auth/users/find-user.ts'
import { updateUser } from '../../auth/users/update-user.ts'
import { walkUsers } from '../../auth/users/walk-users.ts'
import type { Env } from '../../env.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSeconds, secondsParameter } from '../unix-seconds.ts'

const tags = ['useradm']
const config = { permission: 'users' as const }
const params = Type.Object({ id: Type.String({ description: 'ID of the user; `me` is the user of the token' }) })

const Filters = Type.Object({
  id: Type.Optional(Type.Array(Type.String(), { description: 'Any of these IDs' })),
  email: Type.Optional(Type.Array(Type.String(), { description: 'Any of these addresses' })),
  created_after: secondsParameter('Earliest creation'),
  created_before: secondsParameter('Latest creation'),
  updated_after: secondsParameter('Earliest change'),
  updated_before: secondsParameter('Latest change'),
})

const userQuery = ({ id, email, ...times }: Static<typeof Filters>): UserQuery => ({
  ids: id,
  emails: email,
  created_after: readSeconds('created_after', times.created_after),
  created_before: readSeconds('created_before', times.created_before),
  updated_after: readSeconds('updated_after', times.updated_after),
  updated_before: readSeconds('updated_before', times.updated_before),
})

/** `me` is the user of the token. */
export const namedUser = (actor: Actor, id: string): string => (id === 'me' ? actor.user_id : id)

export const userRoutes: Routes = (http, env) => {
  http.get(
    '/users',
    {
      config: { permission: 'read_users' },
      schema: {
        ...{ tags, operationId: 'listUsers', summary: 'List users, oldest first' },
        querystring: Type.Object({ ...PagingQuery, ...Filters.properties }),
        response: { 200: Type.Array(User) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { users, total } = await findUsers(env, request.actor, { ...userQuery(request.query), ...page })
      sendPageHeaders(request, reply, page, { total })
      return users
    },
  )

  http.get(
    '/users/export',
    {
      config: { permission: 'read_users' },
      schema: {
        ...{ tags, operationId: 'exportUsers', summary: 'Export users as a table' },
        ...{ description: `All that match, oldest first. ${CSV_NOTE}`, querystring: Filters, response: { 200: Csv } },
      },
    },
    async ({ actor, query }, reply) => {
      const chunks = mapChunks(walkUsers(env, actor, userQuery(query)), (chunk) => chunk.map(userCells))
      return sendCsv(reply, { name: 'users', columns: USER_COLUMNS, chunks })
    },
  )

  const show = async (reply: FastifyReply, actor: Actor, id: string) => {
    const user = await findUser(env, actor, id)
    reply.header('etag', `"${user.updated_ts}"`)
    return user
  }

  http.get(
    '/users/me',
    {
      schema: {
        ...{ tags, operationId: 'getOwnUser', summary: 'Get the user of the token' },
        response: { 200: withHeaders(User, 'etag') },
      },
    },
    async ({ actor }, reply) => show(reply, actor, actor.user_id),
  )

  http.get(
    '/users/:id',
    {
      config: { permission: 'read_users' },
      schema: {
        ...{ tags, operationId: 'getUser', summary: 'Get a user', params },
        response: { 200: withHeaders(User, 'etag'), ...refusals(404) },
      },
    },
    async ({ actor, params: { id } }, reply) => show(reply, actor, id),
  )

  createUserRoute(http, env, 'createUser')

  http.put(
    '/users/:id',
    {
      schema: {
        ...{ tags, operationId: 'updateUser', summary: 'Change a user', params },
        description: 'A new password or e-mail address ends the other sessions of the user.',
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
      schema: {
        ...{ tags, operationId: 'deleteUser', summary: 'Delete a user', params },
        description: 'Succeeds also if there is no such user.',
        response: { 204: nothing() },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteUser(env, actor, namedUser(actor, params.id))
      return reply.code(204).send()
    },
  )
}

/** Below `/api/management/v2/useradm`, which Mender's web GUI of 2026 uses. */
export const userV2Routes: Routes = (http, env) => {
  createUserRoute(http, env, 'createUserV2')

  http.put(
    '/users/me',
    {
      schema: {
        ...{ tags, operationId: 'updateOwnUser', summary: 'Change your own password', body: OwnChange },
        response: { 204: nothing(), ...refusals(404, 422, 429) },
      },
    },
    async ({ actor, body: change }, reply) => {
      await updateUser(env, actor, { user_id: actor.user_id, change })
      return reply.code(204).send()
    },
  )
}

function createUserRoute(http: Http, env: Env, operationId: string) {
  http.post(
    '/users',
    {
      config: { ...config, creates: { location: (id) => `users/${id}` } },
      schema: {
        ...{ tags, operationId, summary: 'Create a user', body: NewUser },
        response: { 201: created(), ...refusals(422) },
      },
    },
    async ({ actor, body }, reply) => {
      const { user_id } = await createUser(env, actor, body)
      return sendCreated(reply, user_id)
    },
  )
}
