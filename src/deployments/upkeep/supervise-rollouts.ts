import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { PRECISION_MS } from '../../inventory/attributes/check-ins.ts'
import type { DeviceAttempt } from '../device-deployment.ts'
import { expire } from '../lifecycle.ts'
import { moveGates } from '../phase-state.ts'
import { timeLimitsOf } from '../rollout/rules.ts'
import { ATTEMPTS } from '../rows/attempt-rows.ts'
import { changeRows } from '../rows/change-rows.ts'
import { type DeploymentKey, keyOf } from '../rows/deployment-key.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'
import { readPhases } from '../rows/phase-rows.ts'
import { lockWithPhases, saveProgress } from '../rows/progress-rows.ts'
import { advance } from '../supervision.ts'

const BATCH = 500

type Context = Pick<Env, 'db' | 'now'>

/**
 * Notices what happens by time alone: devices that did not end or were not confirmed in time, which may trip a failure
 * policy, and gates that open at the end of their soak, for the audit log and those who watch. Several processes may
 * run this at once, and stop at any point: each decision is made under the locks that reports take.
 */
export async function superviseRollouts(env: Context, stop: AbortSignal): Promise<void> {
  const failed = new Map<string, unknown>()
  while (!stop.aborted && (await expireBatch(env, failed)) === BATCH);
  for (const key of await findGated(env.db)) {
    if (stop.aborted) break
    await openGates(env, key).catch((error) => failed.set(key.tenant_id, error))
  }
  const [error] = failed.values()
  if (error) throw error
}

type Overdue = DeviceDeploymentKey & { heard_from: string | null }

/**
 * Returns the number of devices. The earliest come first, so each call takes others. A tenant for which it fails is
 * noted in `failed`, and keeps no other tenant waiting.
 */
async function expireBatch(env: Context, failed: Map<string, unknown>): Promise<number> {
  const now = nowText(env)
  const overdue = await env.db.query<Overdue>(sql`
    select dd.tenant_id, dd.device_id, dd.deployment_id, c.at as heard_from from device_deployments dd
      left join check_ins c on c.device_id = dd.device_id and c.tenant_id = dd.tenant_id
    where dd.deadline <= ${now} and dd.deleted is null and not (dd.tenant_id = any(${[...failed.keys()]}::text[]))
    order by dd.deadline limit ${BATCH}`)
  for (const devices of byTenant(overdue))
    await expireDevices(env, devices).catch((error) => failed.set(devices[0]!.tenant_id, error))
  return overdue.length
}

const expireDevices = (env: Context, devices: readonly Overdue[]) =>
  env.db.transaction((tx) =>
    changeRows<DeviceAttempt, Overdue, void>(tx, devices, {
      ...{ store: ATTEMPTS, clock: env, missing: () => undefined, is_silent: true },
      decide: (row, { heard_from }, { progress, now }) => {
        const { timeout_minutes } = timeLimitsOf(progress.rollout)
        const expiry = { now, timeout_minutes, heard_from: latestCheckIn(heard_from) }
        return { row: expire(row, expiry), result: undefined }
      },
    }),
  )

/** When the device may have polled last: later check-ins need not be stored yet. */
const latestCheckIn = (stored: string | null): string | null =>
  stored === null ? null : new Date(Date.parse(stored) + PRECISION_MS).toISOString()

function byTenant(devices: readonly Overdue[]): Overdue[][] {
  const tenants = [...new Set(devices.map(({ tenant_id }) => tenant_id))]
  return tenants.map((tenant) => devices.filter(({ tenant_id }) => tenant_id === tenant))
}

const findGated = (db: Db) =>
  db.query<DeploymentKey>(sql`
    select d.tenant_id, d.id as deployment_id from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.rollout is not null and (d.rollout -> 'has_gates')::boolean and p.finished is null`)

/** Locks only if something opens. */
async function openGates(env: Context, key: DeploymentKey): Promise<void> {
  const now = nowText(env)
  const phases = (await readPhases(env.db, [key])).get(keyOf(key)) ?? []
  if (moveGates(phases, now).changed.length === 0) return
  await env.db.transaction(async (tx) => {
    const locked = await lockWithPhases(tx, [key])
    const progress = locked.get(keyOf(key))
    if (!progress) return
    advance(progress, now)
    if (progress.changed_phases.size > 0) await saveProgress(tx, locked, [progress], now)
  })
}
