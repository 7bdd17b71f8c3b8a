import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import type { Actor } from '../../auth/actor.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { candidatesFor } from '../candidates.ts'
import type { DeviceFacts } from '../device-facts.ts'
import type { Explanation } from '../explanation.ts'
import { explain } from '../explanation-rules.ts'
import { withAbort } from '../lifecycle.ts'
import type { PhaseState } from '../phases.ts'
import { activeDeployments } from '../poll/active-deployments.ts'
import type { Progress } from '../progress.ts'
import { remainingCapacity } from '../remaining-capacity.ts'
import { readCurrent, readDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'

type Ids = { deployment_id: string; device_id: string }

/** Why a device is, or is not, offered a deployment: derived by the functions that decide the offers. */
export async function explainDevice(env: Env, actor: Actor, ids: Ids): Promise<Explanation> {
  const { tenant_id, plan } = actor
  const key = { tenant_id, ...ids }
  const { db } = env
  await requireVisible(db, actor, ids.deployment_id)
  await requireVisibleDevice(db, actor, ids.device_id)
  const deployment = await findDeployment(db, key)
  if (!deployment) throw deploymentNotFound()
  const now = env.now().toISOString()
  const [row] = (await readDeviceDeployments(db, [key])).values()
  const current = await readCurrent(db, tenant_id, ids.device_id)
  const newest_finished = await findNewestFinished(db, key)
  const active = await activeDeployments(env, tenant_id, deployment.deployments_version)
  const facts = await findDeviceFacts(db, key)
  const candidates = facts ? candidatesFor(facts, active, newest_finished?.created ?? '') : []
  const unfinished = active.byId.get(ids.deployment_id)
  const phases = await findPhases(db, key)
  return explain({
    ...{
      deployment,
      row: row && withAbort(row, deployment),
      current_deployment_id: current?.deployment_id,
      newest_finished,
      phases,
      now,
    },
    was_aborted: deployment.was_aborted,
    is_finished: deployment.finished !== null,
    device: facts?.device,
    is_listed: facts !== undefined && isListed(facts, ids.deployment_id, unfinished),
    older: candidates.map((candidate) => candidate.deployment).filter(({ created }) => created < deployment.created),
    capacity: facts?.assigned_before.includes(ids.deployment_id)
      ? { phase: null }
      : remainingCapacity(deployment, phases, now),
    artifacts: await findArtifactsNamed(db, tenant_id, [deployment.artifact_name]),
    depends: planHas(plan, 'artifact_depends'),
  })
}

const isListed = ({ named_by, device, past }: DeviceFacts, id: string, unfinished: ActiveDeployment | undefined) =>
  named_by.includes(id) || [device, ...past].some((one) => unfinished?.matches(one))

type DeploymentRow = Pick<Progress, 'was_aborted' | 'finished' | 'max_devices' | 'device_count'> & {
  id: string
  created: string
  dynamic: boolean
  artifact_name: string
  force_installation: boolean
  terms: Term[]
  retries: number
  deployments_version: number
}

const findDeployment = (db: Db, { tenant_id, deployment_id }: Ids & { tenant_id: string }) =>
  db.first<DeploymentRow>(sql`
    select d.id, d.created, d.dynamic, d.artifact_name, d.force_installation, d.retries, d.max_devices,
      coalesce(d.filter -> 'terms', '[]') as terms, p.was_aborted, p.finished, p.device_count, t.deployments_version
    from deployments d
      join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
      join tenants t on t.tenant_id = d.tenant_id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id}`)

const findNewestFinished = (db: Db, { tenant_id, device_id }: Ids & { tenant_id: string }) =>
  db.first<{ deployment_id: string; created: string }>(sql`
    select deployment_id, deployment_created as created from effective_device_deployments
    where tenant_id = ${tenant_id} and device_id = ${device_id} and finished is not null and deleted is null
    order by deployment_created desc limit 1`)

const findPhases = (db: Db, { tenant_id, deployment_id }: Ids & { tenant_id: string }) =>
  db.query<PhaseState & { id: string }>(sql`
    select id, batch_size, start_ts, capacity, device_count from deployment_phases
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} order by phase_index`)
