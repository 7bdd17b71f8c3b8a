import type { DeviceActor } from '../auth/actor.ts'
import { batched } from '../db/batch.ts'
import { lockDevices } from '../db/device-lock.ts'
import type { Env } from '../env.ts'
import { type Refusal, resourceNotFound } from '../errors.ts'
import type { DeviceDeployment } from './device-deployment.ts'
import { deviceKeyOf, readDeviceDeployments, saveDeviceDeployments } from './device-deployment-rows.ts'
import { applyReport, type Report, takenAway } from './lifecycle.ts'
import { move } from './progress.ts'
import { keyOf, lockProgress, saveProgress } from './progress-rows.ts'

type Key = { tenant_id: string; device_id: string; deployment_id: string; report: Report }

/** Takes a device's report, or refuses it. Answers after the commit; reports that arrive together share one. */
export async function reportStatus(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  deployment_id: string,
  report: Report,
): Promise<void> {
  const refusal = await reports(env, { tenant_id, device_id, deployment_id, report })
  if (refusal) throw refusal
}

const reports = batched<Env, Key, Refusal | undefined>(
  (env, keys) =>
    env.db.transaction(async (tx) => {
      await lockDevices(tx, keys)
      const progress = await lockProgress(tx, keys)
      const rows = await readDeviceDeployments(tx, keys)
      const now = env.now().toISOString()
      const changed = new Map<string, DeviceDeployment>()

      const answers = keys.map((key): Refusal | undefined => {
        const row = rows.get(deviceKeyOf(key))
        const counts = progress.get(keyOf(key))
        if (!row || !counts) return resourceNotFound()
        const refusal = takenAway(row)
        if (refusal) return refusal
        const next = applyReport(row, key.report, { retries: counts.retries, now })
        if (next === row) return undefined
        move(counts, row.status, next.status, now)
        rows.set(deviceKeyOf(key), next)
        changed.set(deviceKeyOf(key), next)
        return undefined
      })
      await saveDeviceDeployments(tx, [...changed.values()])
      await saveProgress(tx, progress, changed.values())
      return answers
    }),
  { atOnce: 1, lane: ({ tenant_id }) => tenant_id },
)
