import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import type { Actor } from '../../auth/actor.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import type { FilterTerm } from '../../inventory/filter.ts'
import type { ActiveDeployment, ActiveDeployments } from '../active-deployment.ts'
import { type Candidate, candidatesFor } from '../candidates.ts'
import type { DeploymentType } from '../deployment-type.ts'
import type { DeviceFacts } from '../device-facts.ts'
import { countsDownloads, downloadKey } from '../download-limits.ts'
import type { Download } from '../downloads.ts'
import type { Explanation } from '../explanation.ts'
import { explain } from '../explanation-rules.ts'
import { withAbort } from '../lifecycle.ts'
import { pinEnds, toDevicePin } from '../pin.ts'
import { activeDeployments } from '../poll/active-deployments.ts'
import { takesDevices } from '../progress.ts'
import { remainingCapacity } from '../remaining-capacity.ts'
import type { RolloutRules } from '../rollout/rules.ts'
import { readCurrent, readDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'
import { countDownloads } from '../rows/download-rows.ts'
import { findNewestFinished } from '../rows/newest-finished.ts'
import { readPin } from '../rows/pin-rows.ts'
import { readProgress } from '../rows/progress-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'
import { advance } from '../supervision.ts'

type Ids = { deployment_id: string; device_id: string }

/** Why a device is, or is not, offered a deployment: derived by the functions that decide the offers. */
export async function explainDevice(env: Env, actor: Actor, ids: Ids): Promise<Explanation> {
  const { tenant_id, plan } = actor
  const key = { tenant_id, ...ids }
  const { db } = env
  const history = db.history()
  await requireVisible(db, actor, ids.deployment_id)
  await requireVisibleDevice(db, actor, ids.device_id)
  const deployment = await findDeployment(db, key)
  const progress = await readProgress(db, key)
  if (!deployment || !progress) throw deploymentNotFound()
  const now = env.now().toISOString()
  const [row] = (await readDeviceDeployments(db, [key])).values()
  const current = await readCurrent(db, tenant_id, ids.device_id)
  const newest_finished = await findNewestFinished(db, key, current !== undefined)
  const active = await activeDeployments(env, tenant_id, { ...deployment, history })
  const facts = await findDeviceFacts(db, { ...key, rolled_back: active.needs.rolled_back })
  const candidates = facts ? candidatesFor(facts, active, newest_finished?.created ?? '') : []
  const unfinished = active.byId.get(ids.deployment_id)
  advance(progress, now)
  const stored = await readPin(db, key)
  const fixed_phase = facts && unfinished ? unfinished.phaseOf(facts.device) : null
  const capacity = facts?.assigned_before.includes(ids.deployment_id)
    ? { phase: null }
    : remainingCapacity(progress, fixed_phase, now)
  return explain({
    ...{
      deployment,
      row: row && withAbort(row, progress),
      current_deployment_id: current?.deployment_id,
      ...{ newest_finished, progress, fixed_phase, now },
    },
    was_pinned: unfinished?.exclude?.pinned_ids?.includes(ids.device_id) === true,
    pin: stored && pinEnds(stored.pinned_until, now) ? toDevicePin(ids.device_id, stored) : undefined,
    is_excluded: facts !== undefined && unfinished?.excludes(facts.device) === true,
    device: facts?.device,
    is_listed: facts !== undefined && isListed(facts, ids.deployment_id, unfinished),
    // At its device limit a deployment waits for no other.
    older: capacity === 'never' ? undefined : await findOlder(db, candidates, deployment),
    capacity,
    limits: active.limits,
    download: facts && (await findDownload(env, tenant_id, { active, facts })),
    artifacts:
      deployment.type === 'configuration'
        ? (unfinished?.artifacts ?? [])
        : await findArtifactsNamed(db, tenant_id, [deployment.artifact_name]),
    depends: planHas(plan, 'artifact_depends'),
  })
}

type Evaluated = { active: ActiveDeployments; facts: DeviceFacts }

/** The download that an offer would begin, with what runs at the moment. */
async function findDownload(
  env: Env,
  tenant_id: string,
  { active: { limits }, facts }: Evaluated,
): Promise<Download | undefined> {
  if (!countsDownloads(limits)) return undefined
  const running = await countDownloads(env.db, tenant_id, { limits, now: env.now() })
  return { limits, running, key: downloadKey(limits, facts.device) }
}

const isListed = (
  { named_by, touched_by, device, past }: DeviceFacts,
  id: string,
  unfinished: ActiveDeployment | undefined,
) =>
  named_by.includes(id) ||
  (unfinished?.rollback_of !== null && unfinished !== undefined && touched_by.includes(unfinished.rollback_of)) ||
  [device, ...past].some((one) => unfinished?.matches(one))

/** The deployment that the device is offered before this one: a poll passes over those at their device limit. */
async function findOlder(db: Db, candidates: readonly Candidate[], { created }: DeploymentRow) {
  for (const { deployment, was_assigned } of candidates) {
    if (deployment.created >= created) return undefined
    if (was_assigned || !deployment.limited) return deployment
    const progress = await readProgress(db, { tenant_id: deployment.tenant_id, deployment_id: deployment.id })
    if (progress && takesDevices(progress)) return deployment
  }
  return undefined
}

type DeploymentRow = {
  id: string
  type: DeploymentType
  created: string
  dynamic: boolean
  artifact_name: string
  force_installation: boolean
  rollout: RolloutRules | null
  terms: FilterTerm[]
  retries: number
  deployments_version: number
}

const findDeployment = (db: Db, { tenant_id, deployment_id }: Ids & { tenant_id: string }) =>
  db.first<DeploymentRow>(sql`
    select d.id, d.type, d.created, d.dynamic, d.artifact_name, d.force_installation, d.rollout, d.retries,
      coalesce(d.filter -> 'terms', '[]') as terms, t.deployments_version
    from deployments d join tenants t on t.tenant_id = d.tenant_id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id}`)
