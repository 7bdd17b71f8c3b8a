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
  /** Before the hook that authenticates, which may ask the database. */
  include(scope: FastifyInstance): void
}

export function openFastPathScope(env: Env): FastPathScope {
  const failed = new WeakMap<IncomingMessage, { device: DeviceActor; failure: Error }>()
  let isEnabled = !logsRoutine(env.log)
  return {
    get isEnabled() {
      return isEnabled
    },
    leave({ request, response, handle }, device, failure) {
      rememberDevice(request, device)
      if (failure) failed.set(request, { device, failure })
      handle(request, response)
    },
    include(scope) {
      scope.addHook('onRequest', (request, _reply, done) => {
        const { device, failure } = failed.get(request.raw) ?? {}
        if (device) request.viewer = device
        done(failure)
      })
      scope.addHook('preClose', (done) => {
        isEnabled = false
        done()
      })
    },
  }
}
