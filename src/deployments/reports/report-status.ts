import type { DeviceActor } from '../../auth/actor.ts'
import { batched } from '../../db/batch.ts'
import type { Env } from '../../env.ts'
import { type Refusal, resourceNotFound } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { applyReport, type Report, takenAway } from '../lifecycle.ts'
import { type Change, changeRows } from '../rows/change-rows.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

/** Takes a device's report, or refuses it. Answers after the commit; reports that arrive together share one. */
export async function reportStatus(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  deployment_id: string,
  report: Report,
): Promise<void> {
  const refusal = await reportTogether(env, { tenant_id, device_id, deployment_id, report })
  if (refusal) throw refusal
  reports(report.status).value++
}

const reports = counter({
  name: 'muster_status_reports_total',
  help: 'Reports of devices that were taken, by the status they reported',
  labels: ['status'],
})

type Reported = DeviceDeploymentKey & { report: Report }

const reportTogether = batched<Env, Reported, Refusal | undefined>(
  (env, keys) =>
    env.db.transaction((tx) => {
      const now = env.now().toISOString()
      return changeRows<Reported, Refusal | undefined>(tx, keys, {
        now,
        decide: (row, { report }, { retries }) => take(row, report, { retries, now }),
        missing: resourceNotFound,
      })
    }),
  { maxInFlight: 2, maxSize: 200, partition: ({ tenant_id }) => tenant_id, name: 'reports' },
)

function take(
  row: DeviceDeployment,
  report: Report,
  rules: { retries: number; now: string },
): Change<Refusal | undefined> {
  const answer = takenAway(row)
  return { row: answer ? row : applyReport(row, report, rules), answer }
}
