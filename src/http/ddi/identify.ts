import type { FastifyRequest } from 'fastify'
import { isControllerId } from '../../auth/ddi-identity.ts'
import { authenticateController } from '../../ddi/access/authenticate-controller.ts'
import type { Controller } from '../../ddi/access/controller.ts'
import { limitWrongTokens } from '../../ddi/access/limit-wrong-tokens.ts'
import type { Env } from '../../env.ts'
import { unauthorized } from '../../errors.ts'
import { WrongGuess } from '../../refusal.ts'
import { isStorable } from '../../text.ts'
import { baseUrl } from '../base-url.ts'
import { credentialReader, parseCredential } from './credential.ts'
import { forgetPoll, keyOf, knownPoll } from './known-polls.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on the routes of DDI. */
    controller: Controller
    /** The poll of the device of a DDI request, by its credential. */
    poll_key: string
  }
}

/** Requires a right credential of the device that the path names. */
export function identifyController(env: Env) {
  const credentialOf = credentialReader(env)
  return async (request: FastifyRequest) => {
    const { tenant = '', controllerId = '' } = request.params as { tenant?: string; controllerId?: string }
    const text = credentialOf(request.raw)
    const credential = text === undefined ? undefined : parseCredential(text)
    if (text === undefined || !credential)
      throw unauthorized('Authorization: send GatewayToken or TargetToken, followed by a token.')
    if (!isControllerId(controllerId) || !isStorable(tenant))
      throw unauthorized('The path names no device that there can be.')
    request.poll_key = keyOf(rootPath(request), text)
    const guess = { address: request.ip, device: `${tenant.toLowerCase()}/${controllerId}` }
    const is_known = knownPoll(env, request.poll_key) !== undefined
    request.controller = await limitWrongTokens(env, { ...guess, is_known }, () =>
      authenticateController(env, { tenant, controller_id: controllerId, credential }).catch((error) => {
        if (is_known && error instanceof WrongGuess) forgetPoll(env, request.poll_key)
        throw error
      }),
    )
    request.viewer = request.controller.device
  }
}

/** `/TENANT/controller/v1/ID`, as the device wrote it. */
const rootPath = ({ raw: { url = '' } }: FastifyRequest): string => url.split(/[/?]/, 5).join('/')

/** The URL of the device as it reached the server. */
export const deviceUrl = (env: Env, request: FastifyRequest): string => `${baseUrl(env, request)}${rootPath(request)}`
