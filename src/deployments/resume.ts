import type { Artifact } from '../artifacts/artifact.ts'
import { batched } from '../db/batch.ts'
import { lockDevices } from '../db/device-lock.ts'
import type { Env } from '../env.ts'
import { conflict } from '../errors.ts'
import type { ActiveDeployment } from './active-deployments.ts'
import { type Assignment, assign } from './assignment.ts'
import { type DeviceDeployment, imageOf, type Provides } from './device-deployment.ts'
import {
  type DeviceDeploymentKey,
  deviceKeyOf,
  readDeviceDeployments,
  saveDeviceDeployments,
} from './device-deployment-rows.ts'
import { isFinal } from './device-status.ts'
import { applyReport } from './lifecycle.ts'
import { move } from './progress.ts'
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
  const { tenant_id, device_id, deployment_id } = current
  const outcome = await resumeTogether(env, { tenant_id, device_id, deployment_id, ...asking })
  if (outcome === 'conflict') throw conflict('Device provided conflicting request data')
  return outcome
}

type Resuming = Asking & DeviceDeploymentKey

const resumeTogether = batched<Env, Resuming, Assignment | 'moved' | 'conflict'>(
  (env, keys) =>
    env.db.transaction(async (tx) => {
      await lockDevices(tx, keys)
      const progress = await lockProgress(tx, keys)
      const rows = await readDeviceDeployments(tx, keys)
      const now = env.now().toISOString()
      const changed = new Map<string, DeviceDeployment>()

      const answers = keys.map((key) => {
        const row = rows.get(deviceKeyOf(key))
        const counts = progress.get(keyOf(key))
        if (!row || !counts || isFinal(row.status)) return 'moved'
        const { row: next, assignment } = decide(row, key, now)
        move(counts, row.status, next.status, now)
        counts.total_size += sizeGiven(next) - sizeGiven(row)
        rows.set(deviceKeyOf(key), next)
        changed.set(deviceKeyOf(key), next)
        return assignment ?? 'conflict'
      })
      await saveDeviceDeployments(tx, [...changed.values()])
      await saveProgress(tx, progress, changed.values())
      return answers
    }),
  { atOnce: 1, lane: ({ tenant_id }) => tenant_id },
)

/** Bytes that count as handed out. */
const sizeGiven = ({ status, image }: DeviceDeployment): number =>
  status === 'already-installed' ? 0 : (image?.size ?? 0)

type Decided = { row: DeviceDeployment; assignment?: Assignment }

function decide(row: DeviceDeployment, { deployment, provides, depends }: Asking, now: string): Decided {
  if (row.status !== 'pending') {
    const artifact = deployment.artifacts.find(({ id }) => id === row.artifact_id)
    if (isAnother(row, provides) || !artifact)
      return { row: applyReport(row, { status: 'failure' }, { retries: deployment.retries, now }) }
    return { row: { ...row, request: provides }, assignment: { status: 'pending', artifact } }
  }
  const assignment = assign(deployment, provides, { depends })
  const { status, artifact } = assignment
  const chosen = {
    ...{ request: provides, device_type: provides.device_type, attempt_begun: true },
    ...{ artifact_id: artifact?.id ?? null, image: artifact ? imageOf(artifact) : null },
  }
  return { row: { ...row, ...chosen, status, finished: status === 'pending' ? null : now }, assignment }
}

const isAnother = ({ request }: DeviceDeployment, { artifact_name, device_type }: Provides) =>
  request !== null && (request.artifact_name !== artifact_name || request.device_type !== device_type)

const isChanged = ({ request }: DeviceDeployment, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
