import { limitMails } from '../../auth/guesses/limit-guesses.ts'
import { completeEmailVerification } from '../../auth/links/complete-email-verification.ts'
import { completePasswordReset } from '../../auth/links/complete-password-reset.ts'
import { EmailOfUser, LinkSecret, NewPassword } from '../../auth/links/mailed-link.ts'
import { startEmailVerification } from '../../auth/links/start-email-verification.ts'
import { startPasswordReset } from '../../auth/links/start-password-reset.ts'
import { requireEmail } from '../../auth/user.ts'
import type { Env } from '../../env.ts'
import { emailNotConfigured } from '../../mail-errors.ts'
import { afterwards } from '../afterwards.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['useradm']
const LIMITED = 'An address is sent five such e-mails, and then one each ten minutes.'

function requireMail({ config }: Env): void {
  if (!config.mail) throw emailNotConfigured()
}

/** Of users who need not be signed in. */
export const mailedLinkRoutes: Routes = (http, env) => {
  const later = afterwards(http, env)
  http.post(
    '/auth/password-reset/start',
    {
      schema: {
        ...{ tags, operationId: 'startPasswordReset', summary: 'Ask for a link that sets a new password, by e-mail' },
        ...{ security: [], body: EmailOfUser },
        description: `The response is the same whether there is such a user or not. The link is valid for an hour. ${LIMITED}`,
        response: { 202: nothing('If there is such a user, the link is sent'), ...refusals(422, 429) },
      },
    },
    async (request, reply) => {
      requireMail(env)
      const email = requireEmail(request.body.email)
      await limitMails(env, { email, address: request.ip })
      later('could not send a link for a new password', (signal) => startPasswordReset(env, email, signal))
      return reply.code(202).send()
    },
  )

  http.post(
    '/auth/password-reset/complete',
    {
      schema: {
        ...{ tags, operationId: 'completePasswordReset', summary: 'Set a new password by the link of an e-mail' },
        ...{ security: [], body: NewPassword },
        description:
          'All sessions of the user end; access tokens remain valid. The link can be used once; a password that is refused does not use it up.',
        response: { 202: nothing('The password is set'), ...refusals(422, 429) },
      },
    },
    async ({ body, ip: address }, reply) => {
      await completePasswordReset(env, body, { address })
      return reply.code(202).send()
    },
  )

  http.post(
    '/auth/verify-email/start',
    {
      schema: {
        ...{ tags, operationId: 'startEmailVerification', summary: 'Ask for a link that confirms an e-mail address' },
        ...{ security: [], body: EmailOfUser },
        description: `The link is sent to the address, if it is that of a user and is not confirmed yet, and is valid for a day. The response is the same otherwise. ${LIMITED}`,
        response: { 202: nothing('If it is to be confirmed, the link is sent'), ...refusals(422, 429) },
      },
    },
    async (request, reply) => {
      requireMail(env)
      const email = requireEmail(request.body.email)
      await limitMails(env, { email, address: request.ip })
      later('could not send a link that confirms an address', (signal) => startEmailVerification(env, email, signal))
      return reply.code(202).send()
    },
  )

  http.post(
    '/auth/verify-email/complete',
    {
      schema: {
        ...{
          tags,
          operationId: 'completeEmailVerification',
          summary: 'Confirm an e-mail address by the link sent there',
        },
        ...{ security: [], body: LinkSecret },
        response: { 204: nothing('The address is verified'), ...refusals(429) },
      },
    },
    async ({ body, ip: address }, reply) => {
      await completeEmailVerification(env, body.secret_hash, { address })
      return reply.code(204).send()
    },
  )
}
