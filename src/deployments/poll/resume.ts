import { batched } from '../../db/batch.ts'
import { partitionOfTenant, runsAtATime } from '../../db/citus/shards.ts'
import type { Env } from '../../env.ts'
import { counter } from '../../metrics/metric.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { type RunningDownloads, withRunning } from '../downloads.ts'
import { pinEnds } from '../pin.ts'
import { decideResume, type OfferedRow, type ResumeOutcome, type ResumeRequest } from '../resume-decision.ts'
import { changeRows } from '../rows/change-rows.ts'
import { type DeviceDeploymentKey, OFFERS } from '../rows/device-deployment-rows.ts'
import { lockAndCountDownloads } from '../rows/download-rows.ts'
import { type Pins, readPins } from '../rows/pin-rows.ts'

/**
 * Continues the deployment that the device is working on, whatever its phases and device limit: with another attempt
 * or, as long as the device has reported nothing, with other provides.
 */
export async function resume(env: Env, current: OfferedRow, request: Request): Promise<ResumeOutcome> {
  const { tenant_id, device_id, deployment_id } = current
  const outcome = await resumeBatched(env, { tenant_id, device_id, deployment_id, ...request })
  if (outcome.is_interrupted) interrupted.value++
  return outcome
}

const interrupted = counter({
  name: 'muster_interrupted_attempts_total',
  help: 'Polls of devices that were installing an update, which means that they started over',
})()

type Request = Omit<ResumeRequest, 'is_pinned'>
type KeyedRequest = Request & DeviceDeploymentKey

const resumeBatched = batched<Env, KeyedRequest, ResumeOutcome>(
  (env, requests) =>
    env.db.hot.transaction((tx) => {
      let pins: Pins | undefined
      let running: RunningDownloads | undefined
      return changeRows<DeviceDeployment, KeyedRequest, ResumeOutcome>(tx, requests, {
        store: {
          ...OFFERS,
          // With the devices locked, so that no attempt begins after a pin is acknowledged.
          async read(tx, keys) {
            const [rows, read, counted] = await Promise.all([
              OFFERS.read(tx, keys),
              readPins(tx, keys),
              lockAndCountDownloads(tx, requests, env.now()),
            ])
            pins = read
            running = counted
            return rows
          },
        },
        clock: env,
        decide: (row, request, moment) => {
          const is_pinned = pinEnds(pins?.of(request) ?? null, moment.now) !== undefined
          const download = withRunning(request.limited, running)
          return decideResume(row, { ...request, is_pinned }, { ...moment, download })
        },
        missing: () => ({ kind: 'stale', is_interrupted: false }),
      })
    }),
  { maxInFlight: runsAtATime, maxSize: 200, partition: partitionOfTenant, name: 'resumes' },
)
