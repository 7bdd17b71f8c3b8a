import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { DeviceActor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { rememberDevice } from '../authenticate.ts'
import { logsRoutine } from './log-requests.ts'
import type { RawRequest } from './raw-request.ts'

/** What a fast path and its routes know of each other. */
export type FastPathScope = {
  /** False if each request is logged, and once the server closes: Fastify closes the connection of each response. */
  readonly isEnabled: boolean
  /**
   * Leaves a request of this device to its route. Of a `failure` the route only reports: another try would take as long
   * again.
   */
  leave(raw: RawRequest, device: DeviceActor, failure?: Error): void
  include(scope: FastifyInstance): void
}

export function openFastPathScope(env: Env): FastPathScope {
  const failures = new WeakMap<IncomingMessage, Error>()
  let isEnabled = !logsRoutine(env.log)
  return {
    get isEnabled() {
      return isEnabled
    },
    leave({ request, response, handle }, device, failure) {
      rememberDevice(request, device)
      if (failure) failures.set(request, failure)
      handle(request, response)
    },
    include(scope) {
      scope.addHook('onRequest', ({ raw }, _reply, done) => done(failures.get(raw)))
      scope.addHook('preClose', (done) => {
        isEnabled = false
        done()
      })
    },
  }
}
