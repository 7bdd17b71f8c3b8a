import type { Db } from '../../db/db.ts'
import { raw, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Eligibility, FormerRow } from '../claim-decision.ts'
import { among, type DeploymentKey, keyOf } from '../rows/deployment-key.ts'

type ClaimKey = { tenant_id: string; device_id: string; deployment: { id: string; created: string } }

/** A device is eligible if it is accepted, works on no deployment, and has finished none that is newer. */
export async function readEligibility(tx: Db, claims: readonly ClaimKey[]): Promise<Eligibility[]> {
  const rows = await readRows(tx, claims)
  const unfinished = rows.flatMap(({ tenant_id, unfinished_in }) =>
    unfinished_in === null ? [] : [{ tenant_id, deployment_id: unfinished_in }],
  )
  const aborted = unfinished.length > 0 ? await readAborted(tx, unfinished) : new Set<string>()
  const eligibility = new Array<Eligibility>(claims.length)
  for (const { at, tenant_id, is_accepted, has_newer, unfinished_in, former } of rows) {
    const has_unwritten_abort =
      unfinished_in !== null && aborted.has(keyOf({ tenant_id, deployment_id: unfinished_in }))
    const is_free = unfinished_in === null || has_unwritten_abort
    eligibility[at - 1] = { is_eligible: is_accepted && is_free && !has_newer, former, has_unwritten_abort }
  }
  return eligibility
}

type Row = {
  at: number
  tenant_id: string
  is_accepted: boolean
  has_newer: boolean
  unfinished_in: string | null
  former: FormerRow | null
}

const readRows = (tx: Db, claims: readonly ClaimKey[]) =>
  tx.query<Row>(sql`
    select claimed.ordinality as at, d.tenant_id, d.status = 'accepted' as is_accepted,
      u.deployment_id as unfinished_in,
      exists (
        select from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deleted is null
          and dd.deployment_created >= claimed.created) as has_newer,
      (select jsonb_build_object('status', dd.status, 'phase_index', dd.phase_index,
          'finished', ${utcText(raw('dd.finished'))}, 'timed_out', ${utcText(raw('dd.timed_out'))},
          'confirmation', dd.confirmation) from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deployment_id = claimed.deployment_id
          and dd.deleted is not null
        order by dd.created desc limit 1) as former
    from unnest(${claims.map(({ tenant_id }) => tenant_id)}::text[],
        ${claims.map(({ device_id }) => device_id)}::text[],
        ${claims.map(({ deployment }) => deployment.id)}::text[],
        ${claims.map(({ deployment }) => deployment.created)}::timestamptz[])
      with ordinality as claimed (tenant_id, device_id, deployment_id, created, ordinality)
    join devices d on d.tenant_id = claimed.tenant_id and d.id = claimed.device_id
    left join device_deployments u on u.tenant_id = d.tenant_id and u.device_id = d.id and u.finished is null`)

async function readAborted(tx: Db, keys: readonly DeploymentKey[]): Promise<Set<string>> {
  const rows = await tx.query<DeploymentKey>(sql`
    select tenant_id, deployment_id from deployment_progress
    where ${among(sql`(tenant_id, deployment_id)`, keys)} and was_aborted`)
  return new Set(rows.map(keyOf))
}
