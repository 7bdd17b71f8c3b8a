import type { Actor } from '../../auth/actor.ts'
import { findSharedIdentity } from '../../auth/devices/shared-identities.ts'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { DeviceDeployment } from '../device-deployment.ts'
import { type DeviceSituation, type DeviceSummary, summarize, type Work } from '../device-summary.ts'
import { deviceKeyOf, readDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { explainDevice } from './explain-device.ts'
import { findConcerning } from './find-concerning.ts'

/** The state of a device in plain words, by the functions that explain the offers. */
export async function summarizeDevice(env: Env, actor: Actor, device_id: string): Promise<DeviceSummary> {
  const { db } = env
  const { tenant_id } = actor
  const { device, current, newest_finished, candidates, ids } = await findConcerning(env, actor, device_id)
  const named = [...ids, current?.deployment_id, newest_finished?.deployment_id].filter((id) => id !== undefined)
  const now = nowText(env)
  const [deployments, counts, shared_identity] = await Promise.all([
    readDeployments(db, actor, named),
    countUnfinished(db, actor, ids),
    findSharedIdentity(db, actor, { device_id, now }),
  ])
  const work = async (row: DeviceDeployment | undefined) => {
    const deployment = row && deployments.get(row.deployment_id)
    return deployment && { ...toWork(row, deployment), log: await readReason(db, row), ...deployment.pause }
  }
  const waiting = candidates.flatMap((id) => deployments.get(id)?.name ?? [])
  const ended = newest_finished && { tenant_id, device_id, deployment_id: newest_finished.deployment_id }
  const last = ended && (await readDeviceDeployments(db, [ended])).get(deviceKeyOf(ended))
  const { status, check_in_time, attributes } = device
  const situation: DeviceSituation = {
    ...{ status, check_in_time, now },
    runs: textOf(attributes.inventory?.artifact_name),
    current: await work(current),
    last: await work(last && asEnded(last)),
    next: await findNext(env, actor, { device_id, waiting }),
  }
  return { ...summarize(situation), ...(shared_identity && { shared_identity }), ...counts }
}

type Waiting = { device_id: string; waiting: readonly Work['deployment'][] }

/** The oldest of the deployments, unless it is at its device limit and another is not: a poll passes over it, too. */
async function findNext(env: Env, actor: Actor, { device_id, waiting }: Waiting): Promise<DeviceSituation['next']> {
  let oldest: DeviceSituation['next']
  for (const deployment of waiting) {
    const explanation = await explainDevice(env, actor, { deployment_id: deployment.id, device_id })
    if (explanation.code !== 'limit_reached') return { deployment, explanation }
    oldest ??= { deployment, explanation }
  }
  return oldest
}

const textOf = (value: unknown) => (value === undefined ? undefined : String(value))

/** An abort that is not written back yet. */
const asEnded = (row: DeviceDeployment): DeviceDeployment =>
  row.finished === null ? { ...row, status: 'aborted' } : row

type Named = { name: Work['deployment']; retries: number; pause: { is_paused: boolean } }

const toWork = (row: DeviceDeployment, { name, retries }: Named) => ({ row, deployment: name, retries })

async function readDeployments(db: Db, viewer: Viewer, ids: readonly string[]): Promise<Map<string, Named>> {
  const rows = await db.query<Work['deployment'] & { retries: number; is_paused: boolean }>(sql`
    select d.id, d.name, d.artifact_name, d.type, d.retries, p.paused_at is not null as is_paused
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${viewer.tenant_id} and d.id = any(${ids}::text[]) ${andVisible(viewer)}`)
  return new Map(rows.map(({ retries, is_paused, ...name }) => [name.id, { name, retries, pause: { is_paused } }]))
}

async function countUnfinished(db: Db, viewer: Viewer, ids: readonly string[]) {
  const row = await db.first<Pick<DeviceSummary, 'concerning' | 'others'>>(sql`
    select count(*) filter (where d.id = any(${ids}::text[])) as concerning,
      count(*) filter (where not d.id = any(${ids}::text[])) as others
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${viewer.tenant_id} and p.finished is null ${andVisible(viewer)}`)
  return row ?? { concerning: 0, others: 0 }
}

/** The log that the device sent in the deployment, by the reason of its failure. */
const readReason = (db: Db, row: DeviceDeployment) =>
  db.first<{ reason: string | null }>(sql`
    select reason from device_deployment_logs
    where tenant_id = ${row.tenant_id} and device_id = ${row.device_id} and deployment_id = ${row.deployment_id}`)
