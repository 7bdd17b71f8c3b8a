import { randomUUID } from 'node:crypto'
import { column } from '../../auth/devices/find-device-session.ts'
import { batched } from '../../db/batch.ts'
import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { type Assignment, assign } from '../assignment.ts'
import { bytesGiven, imageOf, type Provides } from '../device-deployment.ts'
import type { PhaseState } from '../phases.ts'
import { addDevice, applyTransition, type Progress } from '../progress.ts'
import { type NoCapacity, noCapacity, type RemainingCapacity, remainingCapacity } from '../remaining-capacity.ts'
import { writeAbortsOf } from '../rows/abort-rows.ts'
import { readPhases } from '../rows/phase-rows.ts'
import { type DeploymentKey, keyOf, lockProgress, saveProgress } from '../rows/progress-rows.ts'
import { type Eligibility, type FormerRow, readEligibility } from './eligibility.ts'

/** A device asks to be counted in. `depends`: whether the plan has artifacts chosen by all their depends. */
export type Claim = {
  tenant_id: string
  device_id: string
  deployment: ActiveDeployment
  provides: Provides
  depends: boolean
}

/** Counted in, no room, or the device itself has moved on since it was looked at. */
export type ClaimOutcome = Assignment | NoCapacity | 'stale'

type NewRow = { claim: Claim; id: string; phase_index: number | null; assignment: Assignment }

/**
 * Counts devices into deployments: under the deployment's lock, so that no phase and no limit takes one too many,
 * and nobody after an abort; many devices share one transaction, so that the lock is no bottleneck.
 */
export const claim = batched<Env, Claim, ClaimOutcome>(
  (env, claims) =>
    env.db.transaction(async (tx) => {
      const [, progress, eligibility, phases] = await Promise.all([
        lockDevices(tx, claims),
        lockProgress(tx, claims.map(deploymentOf)),
        readEligibility(tx, claims),
        readPhases(tx, claims.filter(({ deployment }) => deployment.limited).map(deploymentOf)),
      ])
      const now = env.now().toISOString()
      const claimed = new Set<string>()
      const rows: NewRow[] = []

      const answers = claims.map((claim, i): ClaimOutcome => {
        const { deployment, tenant_id, device_id } = claim
        const { is_eligible, former } = eligibility[i] ?? { is_eligible: false, former: null }
        const device = `${tenant_id}/${device_id}`
        if (!is_eligible || claimed.has(device)) return 'stale'
        const key = keyOf(deploymentOf(claim))
        const counts = progress.get(key)
        const planned = phases.get(key) ?? []
        if (!counts) return noCapacity('never', planned, now)
        const room = former ? roomAgain(counts, former) : remainingCapacity(counts, planned, now)
        if (room === 'never' || room === 'later') return noCapacity(room, planned, now)

        const assignment = assign(deployment, claim.provides, claim)
        if (!former) assignPlace(counts, planned, { is_listed: !deployment.dynamic, phase_index: room.phase })
        const from = former?.status ?? 'pending'
        applyTransition(counts, { from, to: assignment.status, phase_index: room.phase }, now)
        counts.total_size += bytesGiven({ status: assignment.status, image: assignment.artifact })
        claimed.add(device)
        rows.push({ claim, id: randomUUID(), phase_index: room.phase, assignment })
        return assignment
      })
      if (rows.length === 0) return answers
      writeAbortsOf(tx, withUnwrittenAbort(claims, eligibility))
      insertRows(tx, rows, now)
      saveProgress(
        tx,
        progress,
        rows.map(({ claim }) => deploymentOf(claim)),
      )
      return answers
    }),
  // The second waits for the first one's lock within the database, where no time is lost between them.
  { maxInFlight: 2, maxSize: 200, partition: ({ tenant_id }) => tenant_id, name: 'claims' },
)

const deploymentOf = ({ tenant_id, deployment }: Claim): DeploymentKey => ({ tenant_id, deployment_id: deployment.id })

const withUnwrittenAbort = (claims: readonly Claim[], eligibility: readonly Eligibility[]) =>
  claims.filter((_, i) => eligibility[i]?.has_unwritten_abort)

/** A device whose history was forgotten keeps its place: it is counted once, as what it is now. */
const roomAgain = ({ finished }: Progress, { phase_index }: FormerRow): RemainingCapacity =>
  finished === null ? { phase: phase_index } : 'never'

/** The next device of the batch finds the phase as this one leaves it. */
function assignPlace(
  counts: Progress,
  phases: readonly PhaseState[],
  place: { is_listed: boolean; phase_index: number | null },
) {
  addDevice(counts, place)
  const phase = place.phase_index === null ? undefined : phases[place.phase_index]
  if (phase) phase.device_count++
}

/** What many devices have in common travels once. */
function insertRows(tx: Transaction, rows: readonly NewRow[], now: string) {
  const positions = new Map<string, number>()
  const shares = rows.map((row) => {
    const share = JSON.stringify(shareOf(row, now))
    const position = positions.get(share) ?? positions.size + 1
    positions.set(share, position)
    return position
  })
  tx.send(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status, created,
      finished, attempt_begun, attempt_since, device_type, request, artifact_id, image)
    select s.tenant_id, n.device_id, n.id, s.deployment_id, s.deployment_created, s.phase_index, s.status, ${now}, s.finished, true, ${now},
      s.device_type, s.request, s.artifact_id, s.image
    from unnest(${column(rows, ({ claim }) => claim.device_id)}, ${column(rows, ({ id }) => id)}, ${column(shares, (share) => share)}::int[])
      with ordinality as n (device_id, id, share, ordinality)
    join rows from (json_to_recordset(${`[${[...positions.keys()].join(',')}]`}) as (tenant_id text, deployment_id text,
      deployment_created timestamptz, phase_index int, status text, finished timestamptz, device_type text, request jsonb,
      artifact_id text, image jsonb)) with ordinality as s on s.ordinality = n.share`)
}

const shareOf = ({ claim, phase_index, assignment: { status, artifact } }: NewRow, now: string) => ({
  tenant_id: claim.tenant_id,
  deployment_id: claim.deployment.id,
  deployment_created: claim.deployment.created,
  phase_index,
  status,
  finished: status === 'pending' ? null : now,
  device_type: claim.provides.device_type,
  request: claim.provides,
  artifact_id: artifact?.id ?? null,
  image: artifact ? imageOf(artifact) : null,
})
