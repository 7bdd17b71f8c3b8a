import type { Db } from '../../db/db.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { assign } from '../assignment.ts'
import { candidatesFor, type ForDevice } from '../candidates.ts'
import { type ClaimDecision, decideClaim, isPassedOver } from '../claim-decision.ts'
import type { DeviceFacts } from '../device-facts.ts'
import type { Download } from '../downloads.ts'
import { readEligibility } from '../poll/eligibility.ts'
import { closedNow } from '../remaining-capacity.ts'
import { readProgress } from '../rows/progress-rows.ts'
import { advance } from '../supervision.ts'

/** What claims of a device depend on. `depends`: whether the tenant has dependencies of artifacts. */
type Claims = ForDevice & {
  facts: DeviceFacts
  download: Download | undefined
  pinned_until: string | null
  depends: boolean
  now: Date
}

/** `baseline`: as for `candidatesFor`. */
type Asked = { deployment: { id: string; created: string }; baseline: string }

/**
 * What a claim of the device on a deployment would decide now, if the device worked on nothing and had finished nothing
 * newer; undefined: the deployment is not for it. `older`: the deployment at which a poll would stop before that.
 */
export async function decideInTurn(
  db: Db,
  claims: Claims,
  { deployment, baseline }: Asked,
): Promise<{ decision: ClaimDecision | undefined; older: ActiveDeployment | undefined }> {
  const targeting = candidatesFor(claims.facts, claims, '').map((candidate) => candidate.deployment)
  const asked = targeting.find(({ id }) => id === deployment.id)
  const decision = asked && (await decide(db, claims, asked))
  if (!decision || isPassedOver(decision)) return { decision, older: undefined }
  for (const older of targeting.filter(({ created }) => created > baseline && created < deployment.created))
    if (!isPassedOver(await decide(db, claims, older))) return { decision, older }
  return { decision, older: undefined }
}

/** As a poll would, without locks. */
async function decide(db: Db, claims: Claims, deployment: ActiveDeployment): Promise<ClaimDecision> {
  const { active, download, pinned_until } = claims
  const { device } = claims.facts
  const { tenant_id, id } = deployment
  const [progress, [eligibility]] = await Promise.all([
    readProgress(db, { tenant_id, deployment_id: id }),
    readEligibility(db, [{ tenant_id, device_id: device.id, deployment }]),
  ])
  const now = claims.now.toISOString()
  if (progress) advance(progress, now)
  const rules = { depends: claims.depends, dialect: device.dialect }
  return decideClaim(
    {
      ...{ device: device.id, progress, fixed_phase: deployment.phaseOf(device), is_static: !deployment.dynamic },
      eligibility: eligibility && { ...eligibility, is_eligible: true, pinned_until },
      closed: closedNow({ limits: active.limits, rules: deployment.rollout }, device, claims.now.getTime()),
      download,
      assign: () => assign(deployment, device.attributes.inventory ?? {}, rules),
    },
    now,
  )
}
