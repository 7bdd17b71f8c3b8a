import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Env } from '../../env.ts'
import { logsRoutine } from './log-requests.ts'

/** What a fast path and its routes know of each other. */
export type FastPathScope = {
  /** False if each request is logged, and once the server closes: Fastify closes the connection of each response. */
  readonly isEnabled: boolean
  /** Has the route report an error without another try, which would take as long again. */
  fail(request: IncomingMessage, error: Error): void
  include(scope: FastifyInstance): void
}

export function openFastPathScope(env: Env): FastPathScope {
  const failures = new WeakMap<IncomingMessage, Error>()
  let isEnabled = !logsRoutine(env.log)
  return {
    get isEnabled() {
      return isEnabled
    },
    fail: (request, error) => void failures.set(request, error),
    include(scope) {
      scope.addHook('onRequest', ({ raw }, _reply, done) => done(failures.get(raw)))
      scope.addHook('preClose', (done) => {
        isEnabled = false
        done()
      })
    },
  }
}
