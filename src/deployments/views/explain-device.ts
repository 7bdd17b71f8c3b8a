import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import type { Actor } from '../../auth/actor.ts'
import { requireVisibleDevice } from '../../auth/devices/visible-devices.ts'
import { planHas } from '../../auth/plan.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import type { FilterTerm } from '../../inventory/filter.ts'
import { findUnfinished } from '../candidates.ts'
import type { DeploymentType } from '../deployment-type.ts'
import { type LimitedDownload, limitedDownload, withRunning } from '../downloads.ts'
import type { Explanation } from '../explanation.ts'
import { explain } from '../explanation-rules.ts'
import { withAbort } from '../lifecycle.ts'
import { pinEnds, toDevicePin } from '../pin.ts'
import { activeDeployments } from '../poll/active-deployments.ts'
import { findConfigurationOf } from '../poll/find-configuration.ts'
import { readCurrent, readDeviceDeployments } from '../rows/device-deployment-rows.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'
import { countDownloads } from '../rows/download-rows.ts'
import { findNewestFinished } from '../rows/newest-finished.ts'
import { readPin } from '../rows/pin-rows.ts'
import { readProgress } from '../rows/progress-rows.ts'
import { requireVisible } from '../rows/visible-deployments.ts'
import { advance } from '../supervision.ts'
import { decideInTurn } from './decide-in-turn.ts'

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
  if (!deployment) throw deploymentNotFound()
  const now = env.now()
  const [row] = (await readDeviceDeployments(db, [key])).values()
  const current = await readCurrent(db, tenant_id, ids.device_id)
  const newest_finished = await findNewestFinished(db, key, current !== undefined)
  const active = await activeDeployments(env, tenant_id, { ...deployment, history })
  const facts = await findDeviceFacts(db, { ...key, rolled_back: active.needs.rolled_back })
  const configuration = facts && (await findConfigurationOf(env, tenant_id, facts))
  // Read last: if the deployment is unfinished then, it is among those.
  const progress = await readProgress(db, key)
  if (!progress) throw deploymentNotFound()
  advance(progress, now.toISOString())
  const unfinished = findUnfinished({ active, configuration }, ids.deployment_id)
  const stored = await readPin(db, key)
  const limited = facts && limitedDownload(active.limits, facts.device)
  const download = await findDownload(env, tenant_id, limited)
  const claims = { active, configuration, download, now, depends: planHas(plan, 'artifact_depends') }
  const asked = { deployment, baseline: newest_finished?.created ?? '' }
  const turn = facts
    ? await decideInTurn(db, { ...claims, facts, pinned_until: stored?.pinned_until ?? null }, asked)
    : { decision: undefined, older: undefined }
  return explain({
    ...{ deployment, current, newest_finished, progress, download, now: now.toISOString() },
    row: row && withAbort(row, progress),
    device: facts?.device,
    is_excluded: facts !== undefined && unfinished?.excludes(facts.device) === true,
    was_pinned: unfinished?.exclude?.pinned_ids?.includes(ids.device_id) === true,
    pin: stored && pinEnds(stored.pinned_until, now.toISOString()) ? toDevicePin(ids.device_id, stored) : undefined,
    ...turn,
    fixed_phase: facts && unfinished ? unfinished.phaseOf(facts.device) : null,
    limits: active.limits,
    artifacts:
      deployment.type === 'configuration'
        ? (unfinished?.artifacts ?? [])
        : await findArtifactsNamed(db, tenant_id, [deployment.artifact_name]),
  })
}

/** The download that an offer would begin, with what runs at the moment. */
async function findDownload(env: Env, tenant_id: string, limited: LimitedDownload | undefined) {
  if (!limited) return undefined
  return withRunning(limited, await countDownloads(env.db, tenant_id, { limits: limited.limits, now: env.now() }))
}

type DeploymentRow = {
  id: string
  type: DeploymentType
  created: string
  dynamic: boolean
  artifact_name: string
  terms: FilterTerm[]
  retries: number
  deployments_version: number
}

const findDeployment = (db: Db, { tenant_id, deployment_id }: Ids & { tenant_id: string }) =>
  db.first<DeploymentRow>(sql`
    select d.id, d.type, d.created, d.dynamic, d.artifact_name, d.retries,
      coalesce(d.filter -> 'terms', '[]') as terms, t.deployments_version
    from deployments d join tenants t on t.tenant_id = d.tenant_id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id}`)
