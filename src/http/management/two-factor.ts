import { Type } from 'typebox'
import { disableTwoFactor } from '../../auth/sessions/disable-two-factor.ts'
import { drawTwoFactorQr } from '../../auth/sessions/draw-two-factor-qr.ts'
import { enableTwoFactor } from '../../auth/sessions/enable-two-factor.ts'
import { verifyTwoFactor } from '../../auth/sessions/verify-two-factor.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { namedUser } from './users.ts'

const tags = ['useradm']
const params = Type.Object({ id: Type.String() })
const response = { 200: nothing(), ...refusals(400, 403, 404) }

export const twoFactorRoutes: Routes = (http, env) => {
  http.post(
    '/users/:id/2fa/enable',
    { schema: { tags, summary: 'Begin with two-factor authentication; verify a code to finish', params, response } },
    async ({ actor, params }, reply) => {
      await enableTwoFactor(env, actor, namedUser(actor, params.id))
      return reply.code(200).send()
    },
  )

  http.post(
    '/users/:id/2fa/disable',
    { schema: { tags, summary: 'End two-factor authentication', params, response } },
    async ({ actor, params }, reply) => {
      await disableTwoFactor(env, actor, namedUser(actor, params.id))
      return reply.code(200).send()
    },
  )

  http.get(
    '/2faqr',
    {
      schema: {
        ...{ tags, summary: 'The QR code for your authenticator, until a code of it was verified' },
        response: { 200: Type.Object({ qr: Type.String({ description: 'PNG, in base64' }) }), ...refusals(400) },
      },
    },
    async ({ actor }) => ({ qr: await drawTwoFactorQr(env, actor) }),
  )

  http.put(
    '/2faverify',
    {
      schema: {
        ...{ tags, summary: 'Show that your authenticator works; from now on a login needs a code of it' },
        body: Type.Object({ token2fa: Type.String() }),
        response: { 202: nothing(), ...refusals(400, 422, 429) },
      },
    },
    async ({ actor, body }, reply) => {
      await verifyTwoFactor(env, actor, body.token2fa)
      return reply.code(202).send()
    },
  )
}
