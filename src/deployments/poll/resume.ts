import { batched } from '../../db/batch.ts'
import { partitionOfTenant, runsAtATime } from '../../db/citus/shards.ts'
import type { Env } from '../../env.ts'
import { counter } from '../../metrics/metric.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { decideResume, type OfferedRow, type ResumeOutcome, type ResumeRequest } from '../resume-decision.ts'
import { changeRows } from '../rows/change-rows.ts'
import { type DeviceDeploymentKey, OFFERS } from '../rows/device-deployment-rows.ts'

/**
 * Continues the deployment that the device is working on, whatever its phases and device limit: with another attempt
 * or, as long as the device has reported nothing, with other provides.
 */
export async function resume(env: Env, current: OfferedRow, request: ResumeRequest): Promise<ResumeOutcome> {
  const { tenant_id, device_id, deployment_id } = current
  const outcome = await resumeBatched(env, { tenant_id, device_id, deployment_id, ...request })
  if (outcome.is_interrupted) interrupted.value++
  return outcome
}

const interrupted = counter({
  name: 'muster_interrupted_attempts_total',
  help: 'Polls of devices that were installing an update, which means that they started over',
})()

type KeyedRequest = ResumeRequest & DeviceDeploymentKey

const resumeBatched = batched<Env, KeyedRequest, ResumeOutcome>(
  (env, requests) =>
    env.db.hot.transaction((tx) =>
      changeRows<DeviceDeployment, KeyedRequest, ResumeOutcome>(tx, requests, {
        ...{ store: OFFERS, clock: env },
        decide: decideResume,
        missing: () => ({ kind: 'stale', is_interrupted: false }),
      }),
    ),
  { maxInFlight: runsAtATime, maxSize: 200, partition: partitionOfTenant, name: 'resumes' },
)
