import { Type } from 'typebox'
import { AccessToken, NewAccessToken } from '../../auth/access-token.ts'
import { ACCESS_TOKEN_COLUMNS, accessTokenCells } from '../../auth/access-token-csv.ts'
import { createAccessToken } from '../../auth/sessions/create-access-token.ts'
import { deleteAccessToken } from '../../auth/sessions/delete-access-token.ts'
import { findAccessTokens } from '../../auth/sessions/find-access-tokens.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { Jwt, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const tags = ['useradm']

export const accessTokenRoutes: Routes = (http, env) => {
  http.get(
    '/settings/tokens',
    {
      schema: {
        ...{ tags, operationId: 'listAccessTokens', summary: 'List your personal access tokens' },
        response: { 200: Type.Array(AccessToken) },
      },
    },
    async ({ actor }) => findAccessTokens(env, actor),
  )

  http.get(
    '/settings/tokens/export',
    {
      schema: {
        ...{ tags, operationId: 'exportAccessTokens', summary: 'Export your personal access tokens as a table' },
        ...{ description: `Without the tokens themselves. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await findAccessTokens(env, actor)).map(accessTokenCells)
      return sendCsv(reply, { name: 'access-tokens', columns: ACCESS_TOKEN_COLUMNS, chunks: [rows] })
    },
  )

  http.post(
    '/settings/tokens',
    {
      config: { permission: 'tokens', creates: 'secret' },
      schema: {
        ...{ tags, operationId: 'createAccessToken', summary: 'Create a personal access token' },
        description: 'The token permits what you are permitted. The server returns it this once and does not store it.',
        body: NewAccessToken,
        response: { 200: Jwt, ...refusals(409, 422) },
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
        ...{ tags, operationId: 'deleteAccessToken', summary: 'Delete one of your personal access tokens' },
        description: 'It is no longer valid from the next request.',
        params: Type.Object({ id: Type.String({ description: 'ID of the token' }) }),
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteAccessToken(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
