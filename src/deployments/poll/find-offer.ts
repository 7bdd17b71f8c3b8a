import type { DeviceActor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { tooManyRequests } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import { evaluatePoll, type Offer, type PollRequest } from './evaluate-poll.ts'

const MAX_EVALUATIONS = 10

const offers = counter({ name: 'muster_offers_total', help: 'Polls answered with an update' })()

/** The update that a device is to install now, for one that is not known to be idle. */
export async function findOffer(env: Env, device: DeviceActor, request: PollRequest): Promise<Offer | undefined> {
  for (let evaluations = 0; evaluations < MAX_EVALUATIONS; evaluations++) {
    const outcome = await evaluatePoll(env, device, request)
    if (outcome.kind === 'stale') continue
    if (outcome.kind === 'no_update') return undefined
    offers.value++
    return outcome.offer
  }
  // Only a device that polls and reports many times at once gets here, or one of a tenant that creates hundreds of
  // deployments a second.
  throw tooManyRequests()
}
