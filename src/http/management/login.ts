import { Type } from 'typebox'
import { logIn } from '../../auth/sessions/log-in.ts'
import { invalidField, malformedBody, noCredentials, unauthorized } from '../../errors.ts'
import { Jwt, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const Login = Type.Object(
  {
    no_expiry: Type.Optional(Type.Boolean({ description: 'Until logged out' })),
    token2fa: Type.Optional(Type.String({ description: 'The code of two-factor authentication' })),
  },
  { 'x-optional': true },
)

export const loginRoutes: Routes = (http, env) => {
  http.post(
    '/auth/login',
    {
      // Clients send it under any content type, or none: `readBody` says what is wrong with it.
      validatorCompiler: () => () => true,
      schema: {
        tags: ['useradm'],
        summary: 'Log in with Basic authentication; answers a bare token',
        description: 'The header `Authorization` holds `Basic` and the base64 of `email:password`.',
        security: [],
        body: Login,
        response: {
          200: Jwt,
          ...refusals(400, 401, 429),
        },
      },
    },
    async (request, reply) => {
      const body = readBody(request.body)
      const token = await logIn(env, {
        ...{ ...basicCredentials(request.headers.authorization), ...body },
        address: request.ip,
        isGone: clientGoneCheck(request, reply),
      })
      // Exactly this type: the web GUI drops the token when a charset follows it.
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
  // What cannot be stored is nobody's address.
  if (decoded.includes('\0')) throw unauthorized()
  return { email: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
