import type { IncomingMessage } from 'node:http'
import { idleInterval, type Polling, sleepText } from '../../ddi/polling.ts'
import { idleVersions } from '../../deployments/poll/idle-devices.ts'
import { whenStillIdle } from '../../deployments/poll/still-idle.ts'
import type { Env } from '../../env.ts'
import { CLIENT_GONE } from '../../errors.ts'
import { requestId } from '../http.ts'
import { tallyOf } from '../traffic/count-requests.ts'
import { type FastPath, idle_polls } from '../traffic/fast-path.ts'
import { openFastPathScope } from '../traffic/fast-path-scope.ts'
import { isDdi } from '../traffic/log-requests.ts'
import { isClientGone, type RawRequest } from '../traffic/raw-request.ts'
import { HAL } from './answers.ts'
import { credentialReader } from './credential.ts'
import { type KnownPoll, keyOf, knownPoll } from './known-polls.ts'

/** The URL of the root resource, as routed. */
export const ROOT = '/:tenant/controller/v1/:controllerId'

/**
 * Answers an idle poll by DDI without Fastify, as `openFastPath` does for Mender's polls: if the route has answered the
 * same poll before, there was nothing to do, and nothing has changed since.
 */
export function ddiFastPath(env: Env): FastPath {
  const routes = openFastPathScope(env)
  const credentialOf = credentialReader(env)
  const tally = tallyOf(ROOT, 'GET')

  const find = (request: IncomingMessage, url: string): KnownPoll | undefined => {
    const credential = credentialOf(request)
    const known = credential === undefined ? undefined : knownPoll(env, keyOf(url, credential))
    return known?.is_idle && isCurrent(env, known) ? known : undefined
  }
  const answer = ({ request, response, handle }: RawRequest, { device, polling }: KnownPoll) => {
    const started_ms = performance.now()
    const resolve = (isIdle: boolean) => {
      if (!isIdle) return handle(request, response)
      if (isClientGone({ request, response })) return tally(CLIENT_GONE, performance.now() - started_ms)
      const body = idleBody(polling, env.now().getTime())
      response
        .writeHead(200, [
          ...['x-men-requestid', requestId(request), 'content-type', HAL],
          ...['content-length', String(body.length)],
        ])
        .end(body)
      idle_polls.value++
      tally(200, performance.now() - started_ms)
    }
    const reject = (failure: Error) => routes.leave({ request, response, handle }, device, failure)
    whenStillIdle(env, device, { resolve, reject })
  }
  return {
    include: routes.include,
    wrap: (handle) => (request, response) => {
      const { method, url = '', headers } = request
      const isPoll = method === 'GET' && headers['content-encoding'] === undefined && isDdi(url)
      const known = routes.isEnabled && isPoll ? find(request, url) : undefined
      if (known) answer({ request, response, handle }, known)
      else handle(request, response)
    },
  }
}

/** Whether the credential was right when there was nothing to do: it may have been revoked between two versions. */
function isCurrent(env: Env, { device, versions }: KnownPoll): boolean {
  const idle = idleVersions(env, device)
  return idle?.device_version === versions.device_version && idle.deployments_version === versions.deployments_version
}

/** In ASCII, so that its length is that of its bytes. */
const idleBody = (polling: Polling, now_ms: number): string =>
  `{"config":{"polling":{"sleep":"${sleepText(idleInterval(polling, now_ms, Math.random()))}"}},"_links":{}}`
