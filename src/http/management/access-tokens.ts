import { Type } from 'typebox'
import { AccessToken, NewAccessToken } from '../../auth/access-token.ts'
import { createAccessToken } from '../../auth/sessions/create-access-token.ts'
import { deleteAccessToken } from '../../auth/sessions/delete-access-token.ts'
import { findAccessTokens } from '../../auth/sessions/find-access-tokens.ts'
import { Jwt, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const tags = ['useradm']

export const accessTokenRoutes: Routes = (http, env) => {
  http.get(
    '/settings/tokens',
    { schema: { tags, summary: 'Your personal access tokens', response: { 200: Type.Array(AccessToken) } } },
    async ({ actor }) => findAccessTokens(env, actor),
  )

  http.post(
    '/settings/tokens',
    {
      config: { permission: 'tokens' },
      schema: {
        ...{ tags, summary: 'Make a personal access token, which may do what you may; it is shown this once' },
        body: NewAccessToken,
        response: {
          200: Jwt,
          ...refusals(400, 403, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { actor, body } = request
      const token = await createAccessToken(env, actor, { ...body, isGone: clientGoneCheck(request, reply) })
      return reply.header('content-type', 'application/jwt').send(Buffer.from(token))
    },
  )

  http.delete(
    '/settings/tokens/:id',
    {
      schema: {
        ...{ tags, summary: 'Delete one of your personal access tokens; it is dead at once' },
        ...{ params: Type.Object({ id: Type.String() }), response: { 204: nothing(), ...refusals(404) } },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteAccessToken(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
