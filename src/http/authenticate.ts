import type { IncomingMessage } from 'node:http'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Actor, DeviceActor } from '../auth/actor.ts'
import { isCsrfToken } from '../auth/csrf.ts'
import { isDeviceAccepted } from '../auth/devices/accepted-devices.ts'
import { readDeviceToken, type VerifiedToken } from '../auth/devices/read-device-token.ts'
import type { Permission } from '../auth/permission-set.ts'
import { planHas } from '../auth/plan.ts'
import { scopeFor } from '../auth/scope.ts'
import { findSession } from '../auth/sessions/find-session.ts'
import type { Env } from '../env.ts'
import { csrfTokenWrong, featureNotInPlan, roleForbids, unauthorized } from '../errors.ts'
import { Refusal } from '../refusal.ts'
import { readSessionCookie } from './session-cookie.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on management routes. */
    actor: Actor
    /** Set on device routes. */
    device: DeviceActor
    /** The user or device of the token, also of a request that is refused; undefined without a valid token. */
    viewer?: { tenant_id: string; user_id?: string; device_id?: string }
  }
}

/**
 * For management routes: requires a valid session, and roles that permit `config.permission` of the route or, by
 * default, `reads`.
 */
export const authenticateUser = (env: Env, reads: Permission) => async (request: FastifyRequest) => {
  request.actor = await findActor(env, request, reads)
}

/** Whether a request that was authorized would be authorized now, with the same scope. */
export async function isStillAuthorized(env: Env, request: FastifyRequest, reads: Permission): Promise<boolean> {
  try {
    const { scope } = await findActor(env, request, reads)
    return JSON.stringify(scope) === JSON.stringify(request.actor.scope)
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

async function findActor(env: Env, request: FastifyRequest, reads: Permission): Promise<Actor> {
  const cookie = request.headers.authorization === undefined ? readSessionCookie(request) : undefined
  const session = await findSession(env, cookie ?? bearerToken(request))
  if (!session) throw unauthorized()
  request.viewer = session
  // Browsers send cookies also with requests that another site causes.
  if (cookie && isChange(request) && !isCsrfToken(request.headers['x-csrf-token'], env.secret, session.token_id))
    throw csrfTokenWrong()
  const { permission = reads, feature } = request.routeOptions.config
  if (feature && !planHas(session.plan, feature)) throw featureNotInPlan()
  const scope = scopeFor(session, permission)
  if (!scope) throw roleForbids()
  return { ...session, scope }
}

/** For device routes that do not check themselves whether the token was revoked. */
export const authenticateDevice = (env: Env) => async (request: FastifyRequest) => {
  identify(env, request)
  if (!(await isDeviceAccepted(env, request.device))) throw unauthorized()
}

/** For polls and inventory, whose queries check for revocation: requires a signed token that has not expired. */
export const identifyDevice =
  (env: Env): onRequestHookHandler =>
  (request, _reply, done) => {
    try {
      identify(env, request)
    } catch (error) {
      return done(error as Error)
    }
    done()
  }

/** A token in the form that every client sends, verified by its signature and expiry alone. */
export function verifiedTokenOf(env: Env, { headers: { authorization } }: IncomingMessage): VerifiedToken | undefined {
  return authorization?.startsWith(BEARER) ? readDeviceToken(env, authorization.slice(BEARER.length)) : undefined
}

/** The device of such a token. */
export const deviceOfToken = (env: Env, request: IncomingMessage): DeviceActor | undefined =>
  verifiedTokenOf(env, request)?.device

const verified = new WeakMap<IncomingMessage, DeviceActor>()

/** Saves the result for a request whose token is verified before it reaches the routes. */
export const rememberDevice = (request: IncomingMessage, device: DeviceActor) => verified.set(request, device)

function identify(env: Env, request: FastifyRequest) {
  const known = verified.get(request.raw) ?? deviceOfToken(env, request.raw)
  // Any other form is parsed, so that the refusal says what is wrong.
  const device = known ?? readDeviceToken(env, bearerToken(request))?.device
  if (!device) throw unauthorized()
  request.device = device
  request.viewer = device
}

const isChange = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD'

const BEARER = 'Bearer '

function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) throw unauthorized('Authorization not present in header')
  const [scheme, token, ...rest] = header.split(' ')
  if (!scheme || !token || rest.length > 0) throw unauthorized('malformed Authorization header')
  if (scheme.toLowerCase() !== 'bearer') throw unauthorized(`unknown Authorization method ${scheme}`)
  if (token.split('.').length !== 3) throw unauthorized('identity: incorrect token format')
  return token
}
