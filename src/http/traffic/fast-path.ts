import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import { isStillIdle } from '../../deployments/poll/still-idle.ts'
import type { Env } from '../../env.ts'
import { CLIENT_GONE } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import { deviceOfToken, rememberDevice } from '../authenticate.ts'
import { requestId } from '../http.ts'
import { type Tally, tallyOf } from './count-requests.ts'
import { logsRoutine } from './log-requests.ts'
import { isClientGone, type RawRequest } from './raw-request.ts'

const idle_polls = counter({
  name: 'muster_idle_polls_total',
  help: 'Polls answered 204 before any route, because nothing had changed since the same poll before',
})()

export type FastPath = {
  /** Makes a scope of polls take part, after it has learnt to authenticate. */
  join(scope: FastifyInstance): void
  /** Stands before Fastify. */
  before(handle: RequestListener): RequestListener
}

/** Half of the questions remembered. Of a fleet, most ask the same: what artifact they have, and of what type they are. */
const REMEMBERED = 500
/** A question that is longer is left to the route. */
const LONGEST = 4096

/**
 * Answers polls without Fastify where the very same question was answered 204 before, and nothing has changed for the device since: nearly
 * all requests that there are, at three quarters of the cost. Whatever is not plainly so is left to the route, and every trouble as well.
 */
export function fastPath(env: Env): FastPath {
  /** What was asked and answered, with who counts it. */
  const answered = new TwoGenerationCache<Tally>(REMEMBERED)
  /** Addresses that are asked with bodies. */
  const with_body = new Set<string>()
  /** What the routes are to tell, and not to try again: it took as long as anything may. */
  const failures = new WeakMap<IncomingMessage, Error>()
  let is_open = !logsRoutine(env.log)

  const answer = ({ request, response, handle }: RawRequest, question: string) => {
    const tally = answered.get(question)
    const device = tally && deviceOfToken(env, request)
    if (!device) return handle(request, response)
    const leave = (failure?: Error) => {
      rememberDevice(request, device)
      if (failure) failures.set(request, failure)
      handle(request, response)
    }
    const start = performance.now()
    isStillIdle(env, device).then((is_idle) => {
      if (!is_idle) return leave()
      if (isClientGone({ request, response })) return tally(CLIENT_GONE, performance.now() - start)
      response.writeHead(204, ['x-men-requestid', requestId(request)]).end()
      idle_polls.value++
      tally(204, performance.now() - start)
    }, leave)
  }
  return {
    join(scope) {
      scope.addHook('onRoute', ({ url, method }) => {
        if ([method].flat().includes('POST')) with_body.add(url)
      })
      scope.addHook('onRequest', ({ raw }, _reply, done) => done(failures.get(raw)))
      scope.addHook('onResponse', ({ raw, method, routeOptions }, { statusCode }, done) => {
        const question = method === 'GET' ? raw.url : read.get(raw)
        if (question && question.length <= LONGEST && statusCode === 204)
          answered.set(question, tallyOf(routeOptions.url ?? '', method))
        done()
      })
      scope.addHook('preClose', (done) => {
        is_open = false
        done()
      })
    },
    before: (handle) => (request, response) => {
      const { method, url = '', headers } = request
      const asked = { request, response, handle }
      if (!is_open || headers['content-encoding'] !== undefined) return handle(request, response)
      if (method === 'GET') return answer(asked, url)
      if (method !== 'POST' || !with_body.has(url)) return handle(request, response)
      process.nextTick(() => answer(asked, readQuestion(request)))
    },
  }
}

/** What came with bodies, and was left to the routes. */
const read = new WeakMap<IncomingMessage, string>()

/** All that the route would look at; empty where that is not at hand. Small bodies arrive together with their headers. */
function readQuestion(request: IncomingMessage): string {
  const { url, headers, readableLength } = request
  const is_small = readableLength > 0 && readableLength <= LONGEST
  const body: Buffer | null = is_small && readableLength === Number(headers['content-length']) ? request.read() : null
  if (!body) return ''
  // The route finds it as if nobody had looked.
  request.unshift(body)
  const question = `${url}\n${headers['content-type']}\n${body.toString('latin1')}`
  read.set(request, question)
  return question
}
