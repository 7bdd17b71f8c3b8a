import type { IncomingMessage } from 'node:http'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Actor, DeviceActor } from '../auth/actor.ts'
import { isCsrfToken } from '../auth/csrf.ts'
import { isDeviceAccepted } from '../auth/devices/accepted-devices.ts'
import { readDeviceToken } from '../auth/devices/read-device-token.ts'
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
    /** Who asks, also where they may not; nobody yet, or nobody known: undefined. */
    asker?: { tenant_id: string; user_id?: string; device_id?: string }
  }
}

/** For management routes: a good session, and roles that grant what the route's `config.permission` or else `reads` asks for. */
export const authenticateUser = (env: Env, reads: Permission) => async (request: FastifyRequest) => {
  request.actor = await findActor(env, request, reads)
}

/** Whether a request that has been let in would be now, and as far. */
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
  request.asker = session
  // Browsers send cookies whoever makes them ask.
  if (cookie && isChange(request) && !isCsrfToken(request.headers['x-csrf-token'], env.secret, session.token_id))
    throw csrfTokenWrong()
  const { permission = reads, feature } = request.routeOptions.config
  if (feature && !planHas(session.plan, feature)) throw featureNotInPlan()
  const scope = scopeFor(session, permission)
  if (!scope) throw roleForbids()
  return { ...session, scope }
}

/** For device routes that do not check revocation themselves. */
export const authenticateDevice = (env: Env) => async (request: FastifyRequest) => {
  identify(env, request)
  if (!(await isDeviceAccepted(env, request.device))) throw unauthorized()
}

/** For polls and inventory, whose own queries read revocation: a token that we signed and that has not expired. */
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

/** By a token as every client sends it, which is not taken apart: by its signature and expiry alone. */
export function deviceOfToken(env: Env, { headers: { authorization } }: IncomingMessage): DeviceActor | undefined {
  return authorization?.startsWith(BEARER) ? readDeviceToken(env, authorization.slice(BEARER.length)) : undefined
}

const recognized = new WeakMap<IncomingMessage, DeviceActor>()

/** Spares a request that was looked at before the routes to be looked at again. */
export const rememberDevice = (request: IncomingMessage, device: DeviceActor) => recognized.set(request, device)

function identify(env: Env, request: FastifyRequest) {
  const known = recognized.get(request.raw) ?? deviceOfToken(env, request.raw)
  // Anything unusual is taken apart, to say what is wrong with it.
  const device = known ?? readDeviceToken(env, bearerToken(request))
  if (!device) throw unauthorized()
  request.device = device
  request.asker = device
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
