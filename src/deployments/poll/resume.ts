import type { Artifact } from '../../artifacts/artifact.ts'
import { isInstalled } from '../../artifacts/compatibility.ts'
import { batched } from '../../db/batch.ts'
import type { Env } from '../../env.ts'
import { counter } from '../../metrics/metric.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { type Assignment, assign } from '../assignment.ts'
import { type DeviceDeployment, imageOf, type Provides } from '../device-deployment.ts'
import { isFinal } from '../device-status.ts'
import { begin, isStartingOver, startOver } from '../lifecycle.ts'
import { type Change, changeRows } from '../rows/change-rows.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

type Asking = { deployment: ActiveDeployment; provides: Provides; depends: boolean }

/** The artifact that the device already has in hand: the same question gets the same answer, and nothing is written. */
export function artifactInHand(current: DeviceDeployment, asking: Asking, now: string): Artifact | undefined {
  const { deployment, provides } = asking
  if (!current.attempt_begun || (current.status === 'pending' && isChanged(current, provides))) return undefined
  return isInterrupted(current, asking, now) ? undefined : chosenFor(current, deployment)
}

/**
 * Goes on with the deployment the device is in the middle of, past phases and limits: a new attempt, or, while it has
 * reported nothing, other provides. What a device asks with never makes it fail.
 */
export async function resume(env: Env, current: DeviceDeployment, asking: Asking): Promise<Assignment | 'stale'> {
  const { tenant_id, device_id, deployment_id } = current
  const { answer, is_interrupted } = await resumeTogether(env, { tenant_id, device_id, deployment_id, ...asking })
  if (is_interrupted) interrupted.value++
  return answer
}

const interrupted = counter({
  name: 'muster_interrupted_attempts_total',
  help: 'Devices that asked for an update while they installed it, which means that they started over',
})()

type Resuming = Asking & DeviceDeploymentKey
type Answer = { answer: Assignment | 'stale'; is_interrupted?: boolean }

const resumeTogether = batched<Env, Resuming, Answer>(
  (env, keys) =>
    env.db.transaction((tx) => {
      const now = env.now().toISOString()
      return changeRows<Resuming, Answer>(tx, keys, {
        now,
        decide: (row, asking) => decide(row, asking, now),
        missing: () => ({ answer: 'stale' }),
      })
    }),
  { maxInFlight: 2, maxSize: 200, partition: ({ tenant_id }) => tenant_id, name: 'resumes' },
)

function decide(row: DeviceDeployment, asking: Asking, now: string): Change<Answer> {
  if (isFinal(row.status)) return { row, answer: { answer: 'stale' } }
  const { deployment } = asking
  if (isInterrupted(row, asking, now)) {
    const over = startOver(row, { retries: deployment.retries, now })
    if (isFinal(over.status)) return { row: over, answer: { answer: 'stale', is_interrupted: true } }
    const chosen = choose(over, asking, now)
    return { row: chosen.row, answer: { answer: chosen.assignment, is_interrupted: true } }
  }
  const artifact = row.status === 'pending' ? undefined : chosenFor(row, deployment)
  if (artifact) return { row, answer: { answer: { status: 'pending', artifact } } }
  const chosen = choose(row, asking, now)
  return { row: chosen.row, answer: { answer: chosen.assignment } }
}

/** It was handed out before, so whatever the device reports on it outranks an end that is concluded from what it asks with. */
function choose(row: DeviceDeployment, { deployment, provides, depends }: Asking, now: string) {
  const assignment = assign(deployment, provides, { depends })
  const { status, artifact } = assignment
  const is_over = status !== 'pending'
  const chosen: DeviceDeployment = {
    ...{ ...begin(row, now), status, request: provides, device_type: provides.device_type },
    ...{ artifact_id: artifact?.id ?? null, image: artifact ? imageOf(artifact) : null },
    ...{ finished: is_over ? now : null, concluded_by_server: is_over },
  }
  return { row: chosen, assignment }
}

const chosenFor = ({ artifact_id }: DeviceDeployment, { artifacts }: ActiveDeployment) =>
  artifacts.find(({ id }) => id === artifact_id)

/** A device that runs what it was to install has lost no more than its report. */
const isInterrupted = (row: DeviceDeployment, asking: Asking, now: string): boolean =>
  isStartingOver(row, now) && !runsIt(row, asking)

/** Whether the device says that it has the release, and did not say so when it was given it. */
function runsIt(row: DeviceDeployment, { deployment, provides }: Asking): boolean {
  const artifact = chosenFor(row, deployment)
  const { request } = row
  const isNamed = (said: Provides) => said.artifact_name === deployment.artifact_name
  const isThere = (said: Provides) => artifact !== undefined && isInstalled(artifact, said)
  return [isNamed, isThere].some((says) => says(provides) && !(request && says(request)))
}

const isChanged = ({ request }: DeviceDeployment, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
