import type { Artifact } from '../artifacts/artifact.ts'
import { batched } from '../db/batch.ts'
import type { Env } from '../env.ts'
import { conflict } from '../errors.ts'
import type { ActiveDeployment } from './active-deployments.ts'
import { type Assignment, assign } from './assignment.ts'
import { type Change, changeRows } from './change-rows.ts'
import { type DeviceDeployment, imageOf, type Provides } from './device-deployment.ts'
import type { DeviceDeploymentKey } from './device-deployment-rows.ts'
import { isFinal } from './device-status.ts'
import { applyReport } from './lifecycle.ts'

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
type Answer = Assignment | 'moved' | 'conflict'

const resumeTogether = batched<Env, Resuming, Answer>(
  (env, keys) =>
    env.db.transaction((tx) => {
      const now = env.now().toISOString()
      return changeRows<Resuming, Answer>(tx, keys, {
        now,
        decide: (row, asking) => decide(row, asking, now),
        missing: () => 'moved',
      })
    }),
  { atOnce: 2, size: 200, lane: ({ tenant_id }) => tenant_id, name: 'resumes' },
)

function decide(row: DeviceDeployment, { deployment, provides, depends }: Asking, now: string): Change<Answer> {
  if (isFinal(row.status)) return { row, answer: 'moved' }
  if (row.status !== 'pending') {
    const artifact = deployment.artifacts.find(({ id }) => id === row.artifact_id)
    if (artifact && !isAnother(row, provides))
      return { row: { ...row, request: provides }, answer: { status: 'pending', artifact } }
    const rules = { retries: deployment.retries, now }
    return { row: applyReport(row, { status: 'failure' }, rules), answer: 'conflict' }
  }
  const answer = assign(deployment, provides, { depends })
  const { status, artifact } = answer
  const chosen = {
    ...{ request: provides, device_type: provides.device_type, attempt_begun: true },
    ...{ artifact_id: artifact?.id ?? null, image: artifact ? imageOf(artifact) : null },
  }
  return { row: { ...row, ...chosen, status, finished: status === 'pending' ? null : now }, answer }
}

const isAnother = ({ request }: DeviceDeployment, { artifact_name, device_type }: Provides) =>
  request !== null && (request.artifact_name !== artifact_name || request.device_type !== device_type)

const isChanged = ({ request }: DeviceDeployment, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
