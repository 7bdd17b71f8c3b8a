import type { DeviceActor } from '../../auth/actor.ts'
import { batched } from '../../db/batch.ts'
import { partitionOfTenant, runsAtATime } from '../../db/citus/shards.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import { counter } from '../../metrics/metric.ts'
import type { Refusal } from '../../refusal.ts'
import type { DeviceAttempt } from '../device-deployment.ts'
import { applyReport, type Report, type Rules, reportRefusal } from '../lifecycle.ts'
import { timeLimitsOf } from '../rollout/rules.ts'
import { ATTEMPTS } from '../rows/attempt-rows.ts'
import { changeRows, type Moment, type RowChange } from '../rows/change-rows.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'
import { obstacleOf } from '../supervision.ts'

/** Applies a report of a device, or rejects it. Returns after the commit, which reports that arrive together share. */
export async function reportStatus(
  env: Env,
  { tenant_id, device_id }: Pick<DeviceActor, 'tenant_id' | 'device_id'>,
  deployment_id: string,
  report: Report,
): Promise<void> {
  const refusal = await reportBatched(env, { tenant_id, device_id, deployment_id, report })
  if (refusal) throw refusal
  reports(report.status).value++
}

const reports = counter({
  name: 'muster_status_reports_total',
  help: 'Accepted status reports of devices, by the reported status',
  labels: ['status'],
})

type KeyedReport = DeviceDeploymentKey & { report: Report }

const reportBatched = batched<Env, KeyedReport, Refusal | undefined>(
  (env, keyed) =>
    env.db.hot.transaction((tx) =>
      changeRows<DeviceAttempt, KeyedReport, Refusal | undefined>(tx, keyed, {
        ...{ store: ATTEMPTS, clock: env },
        decide: (row, { report }, moment) => decideReport(row, report, rulesOf(moment)),
        missing: deploymentNotFound,
      }),
    ),
  { maxInFlight: runsAtATime, maxSize: 200, partition: partitionOfTenant, name: 'reports' },
)

const rulesOf = ({ progress, now }: Moment): Rules => ({
  ...{ retries: progress.retries, now, may_begin: obstacleOf(progress, now) === undefined },
  ...timeLimitsOf(progress.rollout),
})

function decideReport(row: DeviceAttempt, report: Report, rules: Rules): RowChange<DeviceAttempt, Refusal | undefined> {
  const refusal = reportRefusal(row)
  return { row: refusal ? row : applyReport(row, report, rules), result: refusal }
}
