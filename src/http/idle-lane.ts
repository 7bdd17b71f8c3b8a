import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Recent } from '../db/recent.ts'
import { isStillIdle } from '../deployments/still-idle.ts'
import type { Env } from '../env.ts'
import { counter } from '../metrics/metric.ts'
import { pathOf } from './asked.ts'
import { usualDevice } from './authenticate.ts'
import { tallyOf } from './count-requests.ts'
import { requestId } from './http.ts'
import { logsRoutine } from './log-requests.ts'

const idle_polls = counter({
  name: 'muster_idle_polls_total',
  help: 'Polls answered 204 before any route, because nothing had changed since the same poll before',
})()

export type IdleLane = {
  /** Makes a scope of polls take part. */
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
 * all requests that there are, at half of the cost. Whatever is not plainly so is left to the route, and every trouble as well.
 */
export function idleLane(env: Env): IdleLane {
  const tallies = new Map<string, ReturnType<typeof tallyOf>>()
  const answered = new Recent<true>(REMEMBERED)
  const questions = new WeakMap<IncomingMessage, string>()
  let is_open = !logsRoutine(env.log)

  return {
    join(scope) {
      scope.addHook('onRoute', ({ url, method }) => {
        for (const one of [method].flat()) tallies.set(`${one} ${url}`, tallyOf(url, one))
      })
      scope.addHook('onResponse', ({ raw }, { statusCode }, done) => {
        const question = questions.get(raw)
        if (question !== undefined && statusCode === 204) answered.set(question, true)
        done()
      })
      scope.addHook('preClose', (done) => {
        is_open = false
        done()
      })
    },
    before: (handle) => (request, response) => {
      const tally = is_open && tallies.get(`${request.method} ${pathOf(request.url ?? '')}`)
      if (!tally) return handle(request, response)
      whenRead(request, (question) => {
        const leave = () => handle(request, response)
        const device = usualDevice(env, request)
        if (question === undefined || !device) return leave()
        if (!answered.get(question)) {
          questions.set(request, question)
          return leave()
        }
        const start = performance.now()
        isStillIdle(env, device).then((is_idle) => {
          if (!is_idle) return leave()
          response.writeHead(204, ['x-men-requestid', requestId(request)]).end()
          idle_polls.value++
          tally(204, performance.now() - start)
        }, leave)
      })
    },
  }
}

/** All that the route would look at; undefined where that is not at hand. Small bodies arrive together with their headers. */
function whenRead(request: IncomingMessage, then: (question: string | undefined) => void) {
  const { method, url = '', headers } = request
  if (method === 'GET') return then(url.length > LONGEST ? undefined : url)
  const length = Number(headers['content-length'])
  if (!(length > 0 && length <= LONGEST)) return then(undefined)
  process.nextTick(() => {
    const body: Buffer | null = request.readableLength < length ? null : request.read()
    if (!body) return then(undefined)
    // The route finds it as if nobody had looked.
    request.unshift(body)
    then(`${url} ${headers['content-type']} ${body.toString('latin1')}`)
  })
}
