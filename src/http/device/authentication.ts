import { Type } from 'typebox'
import { readCredentials } from '../../auth/credentials.ts'
import { isSignedBy } from '../../auth/device-key.ts'
import { requestDeviceToken } from '../../auth/devices/request-device-token.ts'
import { Semaphore } from '../../db/locks/semaphore.ts'
import { badRequest, clientGone, invalidSignature, overloaded } from '../../errors.ts'
import { nameInDecodeErrors } from '../bodies/decode-errors.ts'
import { parseJson } from '../bodies/json-body.ts'
import { Jwt, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'
import { refusals as shed } from '../traffic/shed-load.ts'

const AuthRequest = Type.Object(
  {
    id_data: Type.Optional(
      Type.String({
        description: 'Required: the identity, a JSON object as text, such as `{"mac":"02:00:00:00:00:01"}`',
      }),
    ),
    pubkey: Type.Optional(
      Type.String({
        description: 'Required: the public key (PEM): RSA of at least 1024 bits, EC P-224 to P-521, or Ed25519',
      }),
    ),
    tenant_token: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'Token of the tenant; absent: the default tenant' }),
    ),
  },
  { title: 'AuthRequest', description: 'The identity and the key of a device' },
)

/**
 * Each request takes several statements that no batch shares with other requests, and the verification of a signature.
 * This limit leaves most database connections, and the threads that verify passwords, to users. Other requests wait for
 * at most a few seconds.
 */
export const AT_ONCE = 8
export const MOST_WAITING = 1000

export const authenticationRoutes: Routes = (http, env) => {
  const semaphore = new Semaphore({ maxInFlight: AT_ONCE, maxQueued: MOST_WAITING })
  const refused = shed('devices')
  const refuse = () => {
    refused.value++
    return overloaded()
  }
  http.post(
    '/auth_requests',
    {
      schema: {
        ...{ tags: ['device API'], operationId: 'requestDeviceToken', summary: 'Request a token for a device' },
        description: 'The first request creates the device as pending; there is a token once a user has accepted it.',
        security: [],
        headers: Type.Object({
          'x-men-signature': Type.Optional(
            Type.String({ description: 'Required: signature of the exact bytes of the body, in base64' }),
          ),
        }),
        body: AuthRequest,
        response: { 200: Jwt, ...refusals(401) },
      },
      errorHandler: nameInDecodeErrors('auth request'),
    },
    async (request, reply) => {
      const { id_data, pubkey, tenant_token } = request.body
      if (!id_data) throw invalid('id_data must be provided')
      const { identity, key } = readCredentials({ identity_data: parseIdentity(id_data), pubkey }, invalid)
      const signature = request.headers['x-men-signature']
      if (!signature) throw badRequest('missing request signature header')
      const token = await semaphore.run(async () => {
        if (clientGoneCheck(request, reply)()) throw clientGone()
        if (!(await isSignedBy(key, request.rawBody ?? Buffer.alloc(0), signature))) throw invalidSignature()
        return requestDeviceToken(env, { identity, key, tenant_token: tenant_token ?? undefined })
      }, refuse)
      // Exactly this type and nothing after the token: clients send back the whole body.
      reply.header('content-type', 'application/jwt')
      return reply.send(Buffer.from(token))
    },
  )
}

const invalid = (problem: string) => badRequest(`invalid auth request: ${problem}`)

function parseIdentity(id_data: string): unknown {
  try {
    return parseJson(Buffer.from(id_data))
  } catch (error) {
    // Replacing characters that cannot be stored, as elsewhere, could make two devices one.
    const reason = (error as Error).message.replace(/^failed to decode request body: /, '')
    throw invalid(`id_data cannot be decoded: must be a JSON object: ${reason}`)
  }
}
