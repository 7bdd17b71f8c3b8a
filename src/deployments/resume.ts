import type { Artifact } from '../artifacts/artifact.ts'
import { lockDevices } from '../db/device-lock.ts'
import type { Env } from '../env.ts'
import { conflict } from '../errors.ts'
import type { ActiveDeployment } from './active-deployments.ts'
import { type Assignment, assign } from './assignment.ts'
import { type DeviceDeployment, imageOf, type Provides } from './device-deployment.ts'
import { deviceKeyOf, readDeviceDeployments, saveDeviceDeployments } from './device-deployment-rows.ts'
import { isFinal } from './device-status.ts'
import { applyReport } from './lifecycle.ts'
import { move, type Progress } from './progress.ts'
import { keyOf, lockProgress, saveProgress } from './progress-rows.ts'

type Asking = { deployment: ActiveDeployment; provides: Provides; depends: boolean }

/** The artifact that the device already has in hand: the same question gets the same answer, and nothing is written. */
export function artifactInHand(current: DeviceDeployment, { deployment, provides }: Asking): Artifact | undefined {
  if (!current.attempt_begun || isChanged(current, provides)) return undefined
  return deployment.artifacts.find(({ id }) => id === current.artifact_id)
}

/**
 * Goes on with the deployment the device is in the middle of, past phases and limits: a new attempt, or other provides.
 * A device that says it is another than the one that began installing has failed.
 */
export async function resume(env: Env, current: DeviceDeployment, asking: Asking): Promise<Assignment | 'moved'> {
  const outcome = await env.db.transaction(async (tx) => {
    await lockDevices(tx, [current])
    const progress = (await lockProgress(tx, [current])).get(keyOf(current))
    const row = (await readDeviceDeployments(tx, [current])).get(deviceKeyOf(current))
    if (!row || !progress || isFinal(row.status)) return 'moved'
    const now = env.now().toISOString()
    const { row: next, assignment } = decide(row, asking, { progress, now })
    move(progress, row.status, next.status, now)
    await saveDeviceDeployments(tx, [next])
    await saveProgress(tx, [progress])
    return assignment ?? 'conflict'
  })
  if (outcome === 'conflict') throw conflict('Device provided conflicting request data')
  return outcome
}

type Decided = { row: DeviceDeployment; assignment?: Assignment }

function decide(
  row: DeviceDeployment,
  { deployment, provides, depends }: Asking,
  { progress, now }: { progress: Progress; now: string },
): Decided {
  if (row.status !== 'pending') {
    const artifact = deployment.artifacts.find(({ id }) => id === row.artifact_id)
    if (isAnother(row, provides) || !artifact)
      return { row: applyReport(row, { status: 'failure' }, { retries: deployment.retries, now }) }
    return { row: { ...row, request: provides }, assignment: { status: 'pending', artifact } }
  }
  const assignment = assign(deployment, provides, { depends })
  progress.total_size += (assignment.status === 'pending' ? assignment.artifact.size : 0) - (row.image?.size ?? 0)
  const about = {
    request: provides,
    device_type: provides.device_type,
    artifact_id: assignment.artifact?.id ?? null,
    image: assignment.artifact ? imageOf(assignment.artifact) : null,
    attempt_begun: true,
  }
  return {
    row: { ...row, ...about, status: assignment.status, finished: assignment.status === 'pending' ? null : now },
    assignment,
  }
}

const isAnother = ({ request }: DeviceDeployment, { artifact_name, device_type }: Provides) =>
  request !== null && (request.artifact_name !== artifact_name || request.device_type !== device_type)

const isChanged = ({ request }: DeviceDeployment, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
