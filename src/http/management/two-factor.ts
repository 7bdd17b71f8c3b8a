import { Type } from 'typebox'
import { disableTwoFactor } from '../../auth/sessions/disable-two-factor.ts'
import { drawTwoFactorQr } from '../../auth/sessions/draw-two-factor-qr.ts'
import { enableTwoFactor } from '../../auth/sessions/enable-two-factor.ts'
import { verifyTwoFactor } from '../../auth/sessions/verify-two-factor.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { namedUser } from './users.ts'

const tags = ['useradm']
const params = Type.Object({ id: Type.String({ description: 'ID of the user; `me` is the user of the token' }) })
const response = { 200: nothing(), ...refusals(404) }

export const twoFactorRoutes: Routes = (http, env) => {
  http.post(
    '/users/:id/2fa/enable',
    {
      schema: {
        ...{ tags, operationId: 'enableTwoFactor', summary: 'Start to enable two-factor authentication' },
        description: 'Logins do not need a code before one is verified with `verifyTwoFactor`.',
        ...{ params, response },
      },
    },
    async ({ actor, params }, reply) => {
      await enableTwoFactor(env, actor, namedUser(actor, params.id))
      return reply.code(200).send()
    },
  )

  http.post(
    '/users/:id/2fa/disable',
    {
      schema: {
        ...{ tags, operationId: 'disableTwoFactor', summary: 'Disable two-factor authentication', params, response },
      },
    },
    async ({ actor, params }, reply) => {
      await disableTwoFactor(env, actor, namedUser(actor, params.id))
      return reply.code(200).send()
    },
  )

  http.get(
    '/2faqr',
    {
      schema: {
        ...{ tags, operationId: 'getTwoFactorQr', summary: 'Get the QR code for your authenticator app' },
        description: 'Available until the first code is verified.',
        response: {
          200: Type.Object(
            { qr: Type.String({ description: 'A PNG image in base64' }) },
            { title: 'TwoFactorQr', description: 'A QR code for authenticator apps' },
          ),
        },
      },
    },
    async ({ actor }) => ({ qr: await drawTwoFactorQr(env, actor) }),
  )

  http.put(
    '/2faverify',
    {
      schema: {
        ...{ tags, operationId: 'verifyTwoFactor', summary: 'Verify a code of your authenticator app' },
        description: 'From then on your logins need a code.',
        body: Type.Object(
          { token2fa: Type.String({ description: 'The six digits' }) },
          { title: 'TwoFactorCode', description: 'A code of an authenticator app' },
        ),
        response: { 202: nothing(), ...refusals(422, 429) },
      },
    },
    async ({ actor, body }, reply) => {
      await verifyTwoFactor(env, actor, body.token2fa)
      return reply.code(202).send()
    },
  )
}
