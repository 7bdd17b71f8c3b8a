import { randomUUID } from 'node:crypto'
import type { SelectionRules } from '../../artifacts/compatibility.ts'
import { batched } from '../../db/batch.ts'
import { byShard } from '../../db/citus/by-shard.ts'
import { narrowed } from '../../db/citus/narrowed.ts'
import { partitionOfTenant, runsAtATime } from '../../db/citus/shards.ts'
import type { Transaction } from '../../db/db.ts'
import { noteChanged } from '../../db/invalidations/note-changes.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { positions } from '../../db/positions.ts'
import { empty, prepared, sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { Env } from '../../env.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { assign, substateOf } from '../assignment.ts'
import { type Assigned, type ClaimDecision, type ClaimState, decideClaims } from '../claim-decision.ts'
import { imageOf, type Provides } from '../device-deployment.ts'
import { type LimitedDownload, withRunning } from '../downloads.ts'
import { deadlineOf } from '../lifecycle.ts'
import type { NoCapacity } from '../remaining-capacity.ts'
import { timeLimitsOf } from '../rollout/rules.ts'
import { writeAbortsOf } from '../rows/abort-rows.ts'
import { type DeploymentKey, keyOf } from '../rows/deployment-key.ts'
import { lockAndCountDownloads } from '../rows/download-rows.ts'
import { readPhases } from '../rows/phase-rows.ts'
import { lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { readEligibility } from './eligibility.ts'

/** A device asks to be assigned to a deployment. */
export type Claim = {
  tenant_id: string
  device_id: string
  deployment: ActiveDeployment
  /** The phase of the device, if it is named or has a rank. */
  fixed_phase: number | null
  /** If downloads are counted. */
  limited: LimitedDownload | undefined
  /** What keeps the device from offers at this time of day: only that the deployment never takes it is of interest. */
  closed: NoCapacity | undefined
  provides: Provides
  rules: SelectionRules
}

type NewRow = { claim: Claim; id: string; assigned: Assigned }

/**
 * Assigns devices to deployments: under the lock of the deployment, so that no phase and no device limit is exceeded
 * and no device is assigned after an abort; many devices share one transaction, so that the lock is no bottleneck.
 */
export const claim = batched<Env, Claim, ClaimDecision>(
  (env, claims) =>
    env.db.hot.transaction(async (tx) => {
      const locked = await lockAndRead(tx, claims, env.now())
      const now = env.now().toISOString()
      const decisions = decideClaims(
        claims.map((claim, i) => stateOf(claim, i, locked)),
        now,
      )
      const rows = claims.flatMap((claim, i) => {
        const decision = decisions[i]
        return decision?.kind === 'assigned' ? [{ claim, id: randomUUID(), assigned: decision }] : []
      })
      if (rows.length === 0) return decisions
      await writeAbortsOf(
        tx,
        claims.filter((_, i) => locked.eligibility[i]?.has_unwritten_abort),
      )
      for (const some of byShard(tx, rows, ({ claim }) => claim.device_id)) insertRows(tx, some, now)
      await noteChanged(tx, unfinishedOf(rows))
      const assigned = deploymentsOf(rows.map(({ claim }) => claim))
      await saveProgress(tx, locked.progress, assigned.map(toKey), now)
      return decisions
    }),
  // The second transaction waits for the lock of the first within the database, so that no time is lost between them.
  { maxInFlight: runsAtATime, maxSize: 200, partition: partitionOfTenant, name: 'claims' },
)

type Locked = Awaited<ReturnType<typeof lockAndRead>>

/**
 * The statements of a transaction run in the order of this array, so it is the lock order: devices, progress rows, then
 * the downloads of the tenant (CONTRIBUTING.md, "Locks"). What is read after them is current until the commit.
 */
async function lockAndRead(tx: Transaction, claims: readonly Claim[], now: Date) {
  const deployments = deploymentsOf(claims)
  const limited = deployments.filter((deployment) => deployment.limited)
  const [, progress, running, eligibility, phases] = await Promise.all([
    lockDevices(tx, claims),
    lockProgress(tx, deployments.map(toKey)),
    lockAndCountDownloads(tx, claims, now),
    readEligibility(tx, claims),
    readPhases(tx, limited.map(toKey)),
  ])
  for (const [key, row] of progress) row.phases = phases.get(key) ?? []
  const progressOf = new Map(deployments.map((deployment) => [deployment, progress.get(keyOf(toKey(deployment)))]))
  return { progress, progressOf, eligibility, running }
}

/** Each once: a batch has many claims on few deployments. */
const deploymentsOf = (claims: readonly Claim[]) => [...new Set(claims.map(({ deployment }) => deployment))]

const toKey = ({ tenant_id, id }: ActiveDeployment): DeploymentKey => ({ tenant_id, deployment_id: id })

function stateOf(claim: Claim, i: number, { progressOf, eligibility, running }: Locked): ClaimState {
  const { tenant_id, device_id, deployment, fixed_phase, limited, closed, provides } = claim
  return {
    device: `${tenant_id}/${device_id}`,
    eligibility: eligibility[i],
    progress: progressOf.get(deployment),
    fixed_phase,
    is_static: !deployment.dynamic,
    closed,
    download: withRunning(limited, running),
    assign: () => assign(deployment, provides, claim.rules),
  }
}

function insertRows(tx: Transaction, rows: readonly NewRow[], now: string) {
  const commons = positions(rows, commonText(now))
  const devices = knownDevices(
    tx,
    rows.map(({ claim }) => claim.device_id),
  )
  tx.send(
    prepared(sql`
      insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status,
        substate, created, finished, attempt_begun, attempt_since, device_type, request, artifact_id, image, deadline,
        download_key, download_seen)
      select c.tenant_id, ${devices.id}, n.id, c.deployment_id, c.deployment_created, c.phase_index, c.status,
        c.substate, ${now}::timestamptz, c.finished, true, ${now}::timestamptz, c.device_type, c.request, c.artifact_id,
        c.image, c.deadline, c.download_key, c.download_seen
      from unnest(${textArray(rows, ({ claim }) => claim.device_id)}, ${textArray(rows, ({ id }) => id)},
          ${textArray(commons.of, (position) => position)}::int[])
          with ordinality as n (device_id, id, common, ordinality)
        join rows from (json_to_recordset(${`[${commons.distinct.join(',')}]`}) as (tenant_id text, deployment_id text,
          deployment_created timestamptz, phase_index int, status text, substate text, finished timestamptz,
          device_type text, request jsonb, artifact_id text, image jsonb, deadline timestamptz, download_key text,
          download_seen timestamptz)) with ordinality as c
          on c.ordinality = n.common${devices.join}`),
  )
}

/**
 * Citus sends rows that are only listed by COPY, and commits them in one phase if the transaction has read from the same
 * shard before: a machine that fails at that moment would lose them, and the counters would stay. Rows joined with rows of
 * the shard are inserted there.
 */
const knownDevices = (tx: Transaction, ids: readonly string[]) =>
  tx.distribution.shards
    ? {
        id: sql`d.id`,
        join: sql` join devices d on d.tenant_id = c.tenant_id and d.id = n.device_id ${narrowed(tx, sql`d.id`, ids)}`,
      }
    : { id: sql`n.device_id`, join: empty }

const unfinishedOf = (rows: readonly NewRow[]) =>
  rows
    .filter(({ assigned }) => assigned.assignment.status === 'pending')
    .map(({ claim: { tenant_id, device_id } }) => ({ tenant_id, device_id, device_version: null }))

/** As JSON, which takes longer than the rest of a claim: as a rule it is that of the row before. */
function commonText(now: string): (row: NewRow) => string {
  let last: { row: NewRow; text: string } | undefined
  return (row) => {
    if (!last || !isAlike(row, last.row)) last = { row, text: JSON.stringify(commonColumns(row, now)) }
    return last.text
  }
}

/** False also of rows that are alike by their values only. */
const isAlike = (a: NewRow, b: NewRow): boolean =>
  a.claim.deployment === b.claim.deployment &&
  a.claim.provides === b.claim.provides &&
  a.claim.limited?.key === b.claim.limited?.key &&
  a.assigned.assignment.status === b.assigned.assignment.status &&
  a.assigned.assignment.artifact === b.assigned.assignment.artifact &&
  a.assigned.transition.phase_index === b.assigned.transition.phase_index

const commonColumns = ({ claim, assigned: { assignment, transition } }: NewRow, now: string) => ({
  tenant_id: claim.tenant_id,
  deployment_id: claim.deployment.id,
  deployment_created: claim.deployment.created,
  phase_index: transition.phase_index,
  status: assignment.status,
  substate: substateOf(assignment),
  finished: assignment.status === 'pending' ? null : now,
  deadline: assignment.status === 'pending' ? deadlineOf({ ...timeLimitsOf(claim.deployment.rollout), now }) : null,
  device_type: claim.provides.device_type,
  request: claim.provides,
  artifact_id: assignment.artifact?.id ?? null,
  image: assignment.artifact ? imageOf(assignment.artifact) : null,
  ...(claim.limited && assignment.status === 'pending' ? { download_key: claim.limited.key, download_seen: now } : {}),
})
