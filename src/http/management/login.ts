import { Type } from 'typebox'
import { logIn } from '../../auth/sessions/log-in.ts'
import { invalidField, malformedBody, noCredentials } from '../../errors.ts'
import { Jwt, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const Login = Type.Object(
  {
    no_expiry: Type.Optional(
      Type.Boolean({ description: 'The token never expires; by default it is valid for a week' }),
    ),
    token2fa: Type.Optional(Type.String({ description: 'The code of two-factor authentication' })),
  },
  { 'x-optional': true, title: 'LoginOptions', description: 'Options of a login' },
)

export const loginRoutes: Routes = (http, env) => {
  http.post(
    '/auth/login',
    {
      // Clients send the body with any content type, or none: `readBody` validates it.
      validatorCompiler: () => () => true,
      schema: {
        ...{ tags: ['useradm'], operationId: 'logIn', summary: 'Log in and get a session token' },
        description: 'The header `Authorization` has `Basic` and the base64 of `email:password`.',
        ...{ security: [{ password: [] }], body: Login, response: { 200: Jwt, ...refusals(401, 403, 429) } },
      },
    },
    async (request, reply) => {
      const body = readBody(request.body)
      const token = await logIn(env, {
        ...{ ...basicCredentials(request.headers.authorization), ...body },
        address: request.ip,
        isGone: clientGoneCheck(request, reply),
      })
      // Exactly this type: Mender's web GUI ignores the token if a charset follows it.
      reply.header('content-type', 'application/jwt')
      return reply.send(Buffer.from(token))
    },
  )
}

function readBody(body: unknown): { no_expiry?: boolean; token2fa?: string } {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'object' || Array.isArray(body))
    throw malformedBody('failed to decode request body: must be an object')
  const { no_expiry = false, token2fa = '' } = body as { no_expiry?: unknown; token2fa?: unknown }
  if (typeof no_expiry !== 'boolean') throw invalidField('no_expiry', 'must be boolean')
  if (typeof token2fa !== 'string') throw invalidField('token2fa', 'must be string')
  return { no_expiry, token2fa }
}

function basicCredentials(header: string | undefined): { email: string; password: string } {
  const [scheme, encoded] = (header ?? '').split(' ')
  const decoded = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (scheme?.toLowerCase() !== 'basic' || colon < 0) throw noCredentials('invalid or missing auth header')
  // PostgreSQL cannot store this character, so no user has such an address.
  if (decoded.includes('\0')) throw noCredentials()
  return { email: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
