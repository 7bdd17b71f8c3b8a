import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { DeviceActor } from '../../auth/actor.ts'
import { readUnverified } from '../../auth/devices/unverified-token.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import { findOffer } from '../../deployments/poll/find-offer.ts'
import { whenIdleByToken } from '../../deployments/poll/idle-by-token.ts'
import { rememberToken } from '../../deployments/poll/idle-devices.ts'
import { whenStillIdle } from '../../deployments/poll/still-idle.ts'
import type { Env } from '../../env.ts'
import { CLIENT_GONE } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import { verifiedTokenOf } from '../authenticate.ts'
import { baseUrlBefore } from '../base-url.ts'
import { OFFER_TYPE, offerBody, type ReadPoll } from '../device/offer-body.ts'
import { requestId } from '../http.ts'
import { type Tally, tallyOf } from './count-requests.ts'
import { openFastPathScope } from './fast-path-scope.ts'
import { bodyThatArrived, isClientGone, type RawRequest } from './raw-request.ts'

export const idle_polls = counter({
  name: 'muster_idle_polls_total',
  help: 'Idle polls answered before any route, because nothing had changed since the same poll before',
})()

const evaluated_polls = counter({
  name: 'muster_known_polls_total',
  help: 'Polls evaluated before any route, because the route had answered the same request before',
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

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the routes of polls once they have read the request. */
    poll?: ReadPoll
  }
}

/** A request that a route has answered: what it read, and its counter. */
type KnownRequest = { read: ReadPoll; tally: Tally }

/**
 * Answers a poll without Fastify if the route has answered the same request before, of whatever device: nearly all
 * requests of a fleet. A device for which nothing has changed since its last poll costs no more than that; for another
 * one the poll is evaluated as the route does. Refusals and failures are left to the route.
 * docs/architecture.md#the-path-of-a-poll draws the whole path; #what-a-process-keeps-in-memory says what makes each
 * cache invalid.
 */
export function openFastPath(env: Env): FastPath {
  const known_requests = new TwoGenerationCache<KnownRequest>(CACHE_SIZE)
  const paths_with_body = new Set<string>()
  const routes = openFastPathScope(env)

  const answer = (raw: RawRequest, key: string) => {
    const { request, response, handle } = raw
    const known = known_requests.get(key)
    const { authorization } = request.headers
    if (!known || authorization === undefined) return handle(request, response)
    const started_ms = performance.now()
    const respond = (body?: string) => {
      if (isClientGone(raw)) return known.tally(CLIENT_GONE, performance.now() - started_ms)
      if (body === undefined) response.writeHead(204, headersOf(request)).end()
      else response.writeHead(200, headersOf(request, ...describe(body))).end(body)
      known.tally(response.statusCode, performance.now() - started_ms)
    }
    const respondIdle = () => {
      if (!isClientGone(raw)) idle_polls.value++
      respond()
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
        const base_url = isIdle ? undefined : baseUrlBefore(env, request)
        if (base_url !== undefined)
          return void evaluate(env, device, { ...known.read, base_url }).then(respond, leaveToRoute)
        if (!isIdle) return leaveToRoute()
        if (token) rememberToken(env, device, { hash: token.hash, expires_ms })
        respondIdle()
      }
      whenStillIdle(env, device, { resolve, reject: leaveToRoute }, { isCaughtUp })
    }
    const resolve = (isIdle: boolean) => (isIdle ? respondIdle() : verify(true))
    const reject = (failure: Error) => verify(true, failure)
    if (!token || !whenIdleByToken(env, token, { resolve, reject })) verify(false)
  }
  /** As those of Fastify, which closes connections while the server closes. */
  const headersOf = (request: IncomingMessage, ...others: string[]) =>
    routes.isEnabled
      ? ['x-men-requestid', requestId(request), ...others]
      : ['x-men-requestid', requestId(request), 'connection', 'close', ...others]
  return {
    include(scope) {
      scope.addHook('onRoute', ({ url, method }) => {
        if ([method].flat().includes('POST')) paths_with_body.add(url)
      })
      routes.include(scope)
      scope.addHook('onResponse', ({ raw, method, routeOptions, poll }, { statusCode }, done) => {
        const key = method === 'GET' ? raw.url : keys_with_body.get(raw)
        const isAnswered = statusCode === 200 || statusCode === 204
        if (poll && isAnswered && key && key.length <= MAX_KEY_LENGTH && !known_requests.get(key))
          known_requests.set(key, { read: poll, tally: tallyOf(routeOptions.url ?? '', method) })
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

/** The body of an offer; undefined: there is none. */
async function evaluate(env: Env, device: DeviceActor, poll: ReadPoll & { base_url: string }) {
  evaluated_polls.value++
  const offer = await findOffer(env, device, { provides: poll.provides, polls_while_working: false })
  return offer && offerBody(env, offer, { ...device, ...poll })
}

const describe = (body: string): string[] => [
  ...['content-type', OFFER_TYPE],
  ...['content-length', String(Buffer.byteLength(body))],
]

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
