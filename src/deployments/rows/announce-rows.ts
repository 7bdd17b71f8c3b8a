import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { announce, isAnyoneListening } from '../../webhooks/announce.ts'
import type { Announcement, DeploymentEventType } from '../../webhooks/webhook-event.ts'
import type { DeviceAttempt } from '../device-deployment.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import type { PhaseState } from '../phase-state.ts'
import type { Progress } from '../progress.ts'
import { tripForPeople } from '../rollout-state.ts'
import { tripText } from '../rollout-texts.ts'
import { failedSince, standingOf } from '../standing.ts'
import { among, type DeploymentKey, keyOf } from './deployment-key.ts'

export type Names = { name: string; artifact_name: string }

/** Something that happened to a deployment. */
export type Happening = { type: DeploymentEventType; details?: object | undefined }

/** How a phase is named in events. */
export const phaseOf = ({ id, phase_index }: Pick<PhaseState, 'id' | 'phase_index'>) => ({
  ...{ id, number: phase_index + 1 },
})

/** Announces what happened to a deployment that is locked, or that nobody else can see yet. */
export const announceDeployment = (
  tx: Db,
  { tenant_id, deployment_id, at, ...names }: DeploymentKey & Names & { at: string },
  happenings: readonly Happening[],
): Promise<void> =>
  announce(
    tx,
    tenant_id,
    happenings.map((happening) => toAnnouncement({ deployment_id, names, at }, happening)),
  )

type Context = { deployment_id: string; names: Names; at: string }

const toAnnouncement = (
  { deployment_id, names: { name, artifact_name }, at }: Context,
  { type, details }: Happening,
): Announcement => ({
  ...{ subject: `deployment:${deployment_id}`, type, at, data: { id: deployment_id, name, artifact_name, ...details } },
})

/** Announces what a rollout did by itself, and its end. Of a locked row, before it is written to the audit log. */
export async function announceProgress(tx: Db, progress: Progress, at: string): Promise<void> {
  const happenings = happeningsOf(progress)
  if (happenings.length === 0 || !(await isAnyoneListening(tx, progress.tenant_id))) return
  const { tenant_id, deployment_id } = progress
  const names = (await readNames(tx, [progress])).get(keyOf(progress))
  if (names) await announceDeployment(tx, { tenant_id, deployment_id, at, ...names }, happenings)
}

function happeningsOf(progress: Progress): Happening[] {
  const { happened, phases, finished, was_finished, was_aborted } = progress
  const happenings = happened.flatMap((event): Happening[] => {
    if (event.kind === 'tripped') {
      const { trip } = event
      const details = { trip: tripForPeople(trip, phases), message: tripText(trip, phases.length) }
      return [{ type: 'deployment-tripped', details: { ...details, statistics: statisticsOf(progress) } }]
    }
    const phase = phases[event.phase]
    return event.kind === 'phase_opened' && phase
      ? [{ type: 'deployment-phase-opened', details: { phase: phaseOf(phase), opened_at: event.at } }]
      : []
  })
  if (finished === null || was_finished) return happenings
  const details = { aborted: was_aborted, statistics: statisticsOf(progress) }
  return [...happenings, { type: 'deployment-finished', details }]
}

/** The number of devices by status. */
export const statisticsOf = (progress: Progress) =>
  Object.fromEntries(DEVICE_STATUSES.map((status) => [status, progress[status]]))

type SavedAttempt = { stored: DeviceAttempt; row: DeviceAttempt }

/** Announces which devices count as failed and did not before. Their deployments are locked. */
export async function announceFailures(tx: Db, saved: readonly SavedAttempt[], at: string): Promise<void> {
  const failed = saved
    .filter(({ stored, row }) => failedSince(row) !== undefined && failedSince(stored) === undefined)
    .map(({ row }) => row)
  for (const tenant_id of new Set(failed.map((row) => row.tenant_id))) {
    if (!(await isAnyoneListening(tx, tenant_id))) continue
    const rows = failed.filter((row) => row.tenant_id === tenant_id)
    const names = await readNames(tx, rows)
    await announce(
      tx,
      tenant_id,
      rows.map((row) => {
        const context = { deployment_id: row.deployment_id, names: names.get(keyOf(row))!, at }
        return toAnnouncement(context, { type: 'deployment-device-failed', details: failureOf(row) })
      }),
    )
  }
}

const failureOf = (row: DeviceAttempt) => ({
  ...{ device_id: row.device_id, cause: standingOf(row) ?? 'failure', attempts: row.attempts },
  ...(row.phase_index === null ? {} : { phase_number: row.phase_index + 1 }),
})

export async function readNames(tx: Db, keys: readonly DeploymentKey[]): Promise<Map<string, Names>> {
  const distinct = [...new Map(keys.map((key) => [keyOf(key), key])).values()]
  const rows = await tx.query<DeploymentKey & Names>(sql`
    select tenant_id, id as deployment_id, name, artifact_name from deployments
    where ${among(sql`(tenant_id, id)`, distinct)}`)
  return new Map(rows.map((row) => [keyOf(row), row]))
}
