import type { Artifact } from '../../artifacts/artifact.ts'
import type { DeviceActor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import { type Env, nowText } from '../../env.ts'
import { tooManyRequests, unauthorized } from '../../errors.ts'
import { noteCheckIn } from '../../inventory/check-ins.ts'
import { areAmong } from '../../inventory/referenced-attributes.ts'
import { counter } from '../../metrics/metric.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import type { Assignment } from '../assignment.ts'
import { candidatesFor } from '../candidates.ts'
import type { Provides } from '../device-deployment.ts'
import type { NoCapacity } from '../remaining-capacity.ts'
import { activeDeployments, referencedAttributes } from './active-deployments.ts'
import { claim } from './claim.ts'
import { type DeviceState, deviceState } from './device-state.ts'
import { rememberIdle } from './idle-devices.ts'
import { artifactInHand, resume } from './resume.ts'
import { isStillIdle } from './still-idle.ts'

export type Offer = { deployment: ActiveDeployment; artifact: Artifact }

const MOST_TRIES = 10

const offers = counter({ name: 'muster_offers_total', help: 'Polls answered with an update' })()
const claims = counter({
  name: 'muster_claims_total',
  help: 'Devices that asked to be counted into a deployment: by the status they got, or why they were not (later, never, stale)',
  labels: ['answer'],
})

/**
 * The update a device is to install now, if there is one. What was acknowledged before the call, by any process, is seen.
 */
export async function offerUpdate(env: Env, device: DeviceActor, provides: Provides): Promise<Offer | undefined> {
  if (await isStillIdle(env, device)) return undefined
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await answerAnew(env, device, provides)
    if (answer === 'stale') continue
    if (answer) offers.value++
    return answer
  }
  // Only a device that asks and reports many times at once gets here, or one of a tenant that creates hundreds of deployments a second.
  throw tooManyRequests()
}

async function answerAnew(env: Env, device: DeviceActor, provides: Provides): Promise<Offer | undefined | 'stale'> {
  const referenced = referencedAttributes(env, device.tenant_id)
  const state = await deviceState(env, { device, referenced })
  if (!state) throw unauthorized()
  noteCheckIn(env, device)
  const active = await activeDeployments(env, device.tenant_id, state.deployments_version)
  const depends = planHas(state.plan, 'artifact_depends')
  const { current } = state
  const under_way = current && active.byId.get(current.deployment_id)
  if (under_way) {
    const asking = { deployment: under_way, provides, depends }
    const artifact = artifactInHand(current, asking, nowText(env))
    if (artifact) return { deployment: under_way, artifact }
    return toOffer(under_way, await resume(env, current, asking))
  }
  // A filter that is younger than what this process knew looks at something that was not read. And a younger deployment must not be
  // taken while an older one, which came after the look at the device, may be meant for it too.
  if (state.deployments_version < active.complete_as_of || !areAmong(active.referenced, referenced)) return 'stale'
  const { tenant_id, device_id } = device
  let until_ms = Number.POSITIVE_INFINITY
  for (const { deployment, was_assigned } of candidatesFor(state.facts, active, baselineOf(state))) {
    const closed = was_assigned ? undefined : stillClosed(env, deployment)
    const answer = closed ?? (await claim(env, { tenant_id, device_id, deployment, provides, depends }))
    if (!closed) claims(outcomeOf(answer)).value++
    if (answer === 'stale' || 'status' in answer) return toOffer(deployment, answer)
    deployment.no_capacity = answer
    // Going on to a younger one would let the device pass this one by for good.
    if (answer.reason === 'later') {
      until_ms = answer.until_ms
      break
    }
  }
  // The versions were read before what they are the versions of: at worst they are too old, and it is looked at again.
  const { device_version, deployments_version } = state
  if (!active.references_check_in) rememberIdle(env, device, { device_version, deployments_version, until_ms })
  return undefined
}

const stillClosed = (env: Env, { no_capacity: closed }: ActiveDeployment) =>
  closed && env.now().getTime() < closed.until_ms ? closed : undefined

const outcomeOf = (answer: Assignment | NoCapacity | 'stale'): string =>
  answer === 'stale' ? answer : 'status' in answer ? answer.status : answer.reason

/** An abort ends what the device was in the middle of, before any row says so. */
const baselineOf = ({ baseline, current }: DeviceState): string =>
  current && current.deployment_created > baseline ? current.deployment_created : baseline

const toOffer = (deployment: ActiveDeployment, answer: Assignment | 'stale'): Offer | undefined | 'stale' => {
  if (answer === 'stale') return answer
  return answer.status === 'pending' ? { deployment, artifact: answer.artifact } : undefined
}
