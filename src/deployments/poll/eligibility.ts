import { readByShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import type { Db } from '../../db/db.ts'
import { positions } from '../../db/positions.ts'
import { prepared, raw, type Sql, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Eligibility, FormerRow } from '../claim-decision.ts'
import { readAborts } from '../rows/abort-rows.ts'
import { keyOf } from '../rows/deployment-key.ts'

type ClaimKey = { tenant_id: string; device_id: string; deployment: { id: string; created: string } }

const PLAIN: Eligibility = { is_eligible: true, former: null, has_unwritten_abort: false, pinned_until: null }

/**
 * A device is eligible if it is accepted, works on no deployment, and has finished none that is newer. Nearly all are, and
 * are not pinned, since a poll has just found so: only the others are read in full. A cluster reads all of them, by their shards.
 */
export async function readEligibility(tx: Db, claims: readonly ClaimKey[]): Promise<(Eligibility | undefined)[]> {
  if (tx.distribution.shards) return readInFull(tx, claims)
  const plain = await findPlain(tx, claims)
  const others = claims.flatMap((_, i) => (plain === 'all' || plain.has(i) ? [] : [i]))
  const eligibility = new Array<Eligibility | undefined>(claims.length).fill(PLAIN)
  if (others.length === 0) return eligibility
  const read = await readInFull(
    tx,
    others.map((i) => claims[i]!),
  )
  others.forEach((at, i) => {
    eligibility[at] = read[i]
  })
  return eligibility
}

/**
 * The claims of devices that are eligible, not pinned, and whose history in the deployment was never forgotten. Each condition is one
 * look-up of an index, however many deployments the device has had; after `not` they would become joins.
 */
async function findPlain(tx: Db, claims: readonly ClaimKey[]): Promise<'all' | Set<number>> {
  const deployments = positions(claims, ({ deployment }) => deployment.id)
  const { firsts } = deployments
  const found = await tx.first<{ plain: number; which: string | null }>(
    prepared(sql`
    select count(*)::int as plain,
      case when count(*) < ${claims.length}::int then string_agg(claimed.ordinality::text, ',') end as which
    from unnest(${textArray(claims, ({ device_id }) => device_id)}, ${textArray(deployments.of, (position) => position)}::int[])
      with ordinality as claimed (device_id, deployment, ordinality)
    join devices d on d.tenant_id = (${firsts.map(({ tenant_id }) => tenant_id)}::text[])[claimed.deployment]
      and d.id = claimed.device_id
    where d.status = 'accepted' and d.pinned_until is null and (
      exists (
        select from device_deployments u
        where u.tenant_id = d.tenant_id and u.device_id = d.id and u.finished is null)
      or exists (
        select from device_deployments n
        where n.tenant_id = d.tenant_id and n.device_id = d.id and n.finished is not null and n.deleted is null
          and n.deployment_created
            >= (${firsts.map(({ deployment }) => deployment.created)}::timestamptz[])[claimed.deployment])
      or exists (
        select from device_deployments f
        where f.tenant_id = d.tenant_id and f.device_id = d.id
          and f.deployment_id = (${deployments.distinct}::text[])[claimed.deployment])
    ) is not true`),
  )
  if (found?.plain === claims.length) return 'all'
  return new Set(found?.which?.split(',').map((at) => Number(at) - 1))
}

async function readInFull(tx: Db, claims: readonly ClaimKey[]): Promise<(Eligibility | undefined)[]> {
  const rows = await readByShard(tx, claims, (some) => readRows(tx, some))
  const unfinished = rows.flatMap(({ tenant_id, unfinished_in }) =>
    unfinished_in === null ? [] : [{ tenant_id, deployment_id: unfinished_in }],
  )
  const aborted = new Set((await readAborts(tx, unfinished)).map(keyOf))
  const eligibility = new Array<Eligibility | undefined>(claims.length)
  for (const { at, tenant_id, is_accepted, has_newer, unfinished_in, former, pinned_until } of rows) {
    const has_unwritten_abort =
      unfinished_in !== null && aborted.has(keyOf({ tenant_id, deployment_id: unfinished_in }))
    const is_free = unfinished_in === null || has_unwritten_abort
    eligibility[at - 1] = {
      is_eligible: is_accepted && is_free && !has_newer,
      former,
      has_unwritten_abort,
      pinned_until,
    }
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
  pinned_until: string | null
}

function readRows(tx: Db, claims: readonly ClaimKey[]): Promise<Row[]> {
  const ids = claims.map(({ device_id }) => device_id)
  const onShards = (column: Sql) => narrowed(tx, column, ids)
  return tx.query<Row>(
    prepared(sql`
    select claimed.ordinality as at, d.tenant_id, d.status = 'accepted' as is_accepted, d.pinned_until,
      u.deployment_id as unfinished_in,
      exists (
        select from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deleted is null
          and dd.deployment_created >= claimed.created ${onShards(sql`dd.device_id`)}) as has_newer,
      (select jsonb_build_object('status', dd.status, 'phase_index', dd.phase_index,
          'finished', ${utcText(raw('dd.finished'))}, 'timed_out', ${utcText(raw('dd.timed_out'))},
          'confirmation', dd.confirmation) from device_deployments dd
        where dd.tenant_id = d.tenant_id and dd.device_id = d.id and dd.deployment_id = claimed.deployment_id
          and dd.deleted is not null ${onShards(sql`dd.device_id`)}
        order by dd.created desc limit 1) as former
    from unnest(${textArray(claims, ({ tenant_id }) => tenant_id)}, ${textArray(ids, (id) => id)},
        ${textArray(claims, ({ deployment }) => deployment.id)},
        ${textArray(claims, ({ deployment }) => deployment.created)}::timestamptz[])
      with ordinality as claimed (tenant_id, device_id, deployment_id, created, ordinality)
    join devices d on d.tenant_id = claimed.tenant_id and d.id = claimed.device_id ${onShards(sql`d.id`)}
    left join device_deployments u on u.tenant_id = d.tenant_id and u.device_id = d.id and u.finished is null
      ${onShards(sql`u.device_id`)}`),
  )
}
