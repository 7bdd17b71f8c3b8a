import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { readUnverified } from '../../auth/devices/unverified-token.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import { whenIdleByToken } from '../../deployments/poll/idle-by-token.ts'
import { rememberToken } from '../../deployments/poll/idle-devices.ts'
import { whenStillIdle } from '../../deployments/poll/still-idle.ts'
import type { Env } from '../../env.ts'
import { CLIENT_GONE } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import { verifiedTokenOf } from '../authenticate.ts'
import { requestId } from '../http.ts'
import { type Tally, tallyOf } from './count-requests.ts'
import { openFastPathScope } from './fast-path-scope.ts'
import { bodyThatArrived, isClientGone, type RawRequest } from './raw-request.ts'

export const idle_polls = counter({
  name: 'muster_idle_polls_total',
  help: 'Idle polls answered before any route, because nothing had changed since the same poll before',
})()

export type FastPath = {
  /** Includes a scope of poll routes, before the hook that authenticates is added to it. */
  include(scope: FastifyInstance): void
  /** Wraps the request listener of Fastify. */
  wrap(handle: RequestListener): RequestListener
}

/** Half of the requests cached. In a fleet, most devices send the same: their artifact and their device type. */
const CACHE_SIZE = 500
/** A longer request is left to the route. */
const MAX_KEY_LENGTH = 4096

/**
 * Answers a poll without Fastify if the route has answered the same request with 204 before, and nothing has changed
 * for the device since: nearly all requests of a fleet, at three quarters of the cost. Every other request is left to
 * the route, failed ones included. docs/architecture.md#the-path-of-a-poll draws the whole path;
 * #what-a-process-keeps-in-memory says what makes each cache invalid.
 */
export function openFastPath(env: Env): FastPath {
  /** The requests that a route answered with 204, and the counter of the route. */
  const idle_requests = new TwoGenerationCache<Tally>(CACHE_SIZE)
  const paths_with_body = new Set<string>()
  const routes = openFastPathScope(env)

  const answer = (raw: RawRequest, key: string) => {
    const { request, response, handle } = raw
    const tally = idle_requests.get(key)
    const { authorization } = request.headers
    if (!tally || authorization === undefined) return handle(request, response)
    const started_ms = performance.now()
    const respond = () => {
      if (isClientGone(raw)) return tally(CLIENT_GONE, performance.now() - started_ms)
      response.writeHead(204, ['x-men-requestid', requestId(request)]).end()
      idle_polls.value++
      tally(204, performance.now() - started_ms)
    }
    const token = readUnverified(authorization)
    /** For a token that is not known, or whose device may no longer be idle. */
    const verify = (isCaughtUp: boolean, failure?: Error) => {
      const verified = verifiedTokenOf(env, request)
      if (!verified) return handle(request, response)
      const { device, expires_ms } = verified
      const leaveToRoute = (failure?: Error) => routes.leave(raw, device, failure)
      if (failure) return leaveToRoute(failure)
      const resolve = (isIdle: boolean) => {
        if (!isIdle) return leaveToRoute()
        if (token) rememberToken(env, device, { hash: token.hash, expires_ms })
        respond()
      }
      whenStillIdle(env, device, { resolve, reject: leaveToRoute }, { isCaughtUp })
    }
    const resolve = (isIdle: boolean) => (isIdle ? respond() : verify(true))
    const reject = (failure: Error) => verify(true, failure)
    if (!token || !whenIdleByToken(env, token, { resolve, reject })) verify(false)
  }
  return {
    include(scope) {
      scope.addHook('onRoute', ({ url, method }) => {
        if ([method].flat().includes('POST')) paths_with_body.add(url)
      })
      routes.include(scope)
      scope.addHook('onResponse', ({ raw, method, routeOptions }, { statusCode }, done) => {
        const key = method === 'GET' ? raw.url : keys_with_body.get(raw)
        if (key && key.length <= MAX_KEY_LENGTH && statusCode === 204)
          idle_requests.set(key, tallyOf(routeOptions.url ?? '', method))
        done()
      })
    },
    wrap: (handle) => (request, response) => {
      const { method, url = '', headers } = request
      const raw = { request, response, handle }
      if (!routes.isEnabled || headers['content-encoding'] !== undefined) return handle(request, response)
      if (method === 'GET') return answer(raw, url)
      if (method !== 'POST' || !paths_with_body.has(url)) return handle(request, response)
      process.nextTick(() => answer(raw, keyWithBody(request)))
    },
  }
}

/** The keys of requests with a body that were left to the routes. */
const keys_with_body = new WeakMap<IncomingMessage, string>()

/** All that the route reads of the request; empty if the body is not there yet. */
function keyWithBody(request: IncomingMessage): string {
  const { url, headers } = request
  const body = bodyThatArrived(request, MAX_KEY_LENGTH)
  if (!body) return ''
  const key = `${url}\n${headers['content-type']}\n${body.toString('latin1')}`
  keys_with_body.set(request, key)
  return key
}
