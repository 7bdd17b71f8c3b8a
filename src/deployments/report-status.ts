import type { DeviceActor } from '../auth/actor.ts'
import { batched } from '../db/batch.ts'
import type { Db } from '../db/db.ts'
import { lockDevices } from '../db/device-lock.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { type Refusal, resourceNotFound } from '../errors.ts'
import type { DeviceDeployment } from './device-deployment.ts'
import { deviceKeyOf, readDeviceDeployments, saveDeviceDeployments } from './device-deployment-rows.ts'
import { applyReport, type Report, takenAway } from './lifecycle.ts'
import { move } from './progress.ts'
import { type DeploymentKey, keyOf, lockProgress, saveProgress } from './progress-rows.ts'

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
      const retries = await readRetries(tx, keys)
      const now = env.now().toISOString()
      const changed = new Map<string, DeviceDeployment>()

      const answers = keys.map((key): Refusal | undefined => {
        const row = rows.get(deviceKeyOf(key))
        const counts = progress.get(keyOf(key))
        if (!row || !counts) return resourceNotFound()
        const refusal = takenAway(row)
        if (refusal) return refusal
        const next = applyReport(row, key.report, { retries: retries.get(keyOf(key)) ?? 0, now })
        if (next === row) return undefined
        move(counts, row.status, next.status, now)
        rows.set(deviceKeyOf(key), next)
        changed.set(deviceKeyOf(key), next)
        return undefined
      })
      await saveDeviceDeployments(tx, [...changed.values()])
      const touched = new Set([...changed.values()].map(keyOf))
      if (touched.size > 0)
        await saveProgress(
          tx,
          [...progress].filter(([key]) => touched.has(key)).map(([, counts]) => counts),
        )
      return answers
    }),
  { atOnce: 1, size: 500 },
)

async function readRetries(tx: Db, keys: readonly DeploymentKey[]): Promise<Map<string, number>> {
  const rows = await tx.query<DeploymentKey & { retries: number }>(sql`
    select tenant_id, id as deployment_id, retries from deployments
    where (tenant_id, id) in (
      select * from unnest(${keys.map(({ tenant_id }) => tenant_id)}::text[], ${keys.map(({ deployment_id }) => deployment_id)}::text[]))`)
  return new Map(rows.map((row) => [keyOf(row), row.retries]))
}
