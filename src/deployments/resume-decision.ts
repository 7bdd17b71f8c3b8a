import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled } from '../artifacts/compatibility.ts'
import type { ActiveDeployment } from './active-deployment.ts'
import { type Assignment, assign } from './assignment.ts'
import { type DeviceDeployment, imageOf, type Provides } from './device-deployment.ts'
import { isFinal } from './device-status.ts'
import { begin, isStartingOver, startOver } from './lifecycle.ts'

/** What a device that is working on a deployment polls with. */
export type ResumeRequest = { deployment: ActiveDeployment; provides: Provides; depends: boolean }

/** Stale: the device is no longer working on the deployment, so it must be evaluated again. */
export type ResumeOutcome =
  | { kind: 'assigned'; assignment: Assignment; is_interrupted: boolean }
  | { kind: 'stale'; is_interrupted: boolean }

export type ResumeDecision = { row: DeviceDeployment; result: ResumeOutcome }

/** The artifact of an offer that still holds: the same poll gets the same offer, and nothing is written. */
export function offeredArtifact(row: DeviceDeployment, request: ResumeRequest, now: string): Artifact | undefined {
  const { deployment, provides } = request
  if (!row.attempt_begun || (row.status === 'pending' && isChanged(row, provides))) return undefined
  return isInterrupted(row, request, now) ? undefined : artifactOf(row, deployment)
}

/** Whatever a device provides, resuming never makes it fail. Only using up its attempts does. */
export function decideResume(row: DeviceDeployment, request: ResumeRequest, now: string): ResumeDecision {
  if (isFinal(row.status)) return { row, result: { kind: 'stale', is_interrupted: false } }
  if (isInterrupted(row, request, now)) return decideInterrupted(row, request, now)
  const artifact = row.status === 'pending' ? undefined : artifactOf(row, request.deployment)
  if (!artifact) return assignAgain(row, request, { now, is_interrupted: false })
  return { row, result: { kind: 'assigned', assignment: { status: 'pending', artifact }, is_interrupted: false } }
}

function decideInterrupted(row: DeviceDeployment, request: ResumeRequest, now: string): ResumeDecision {
  const next = startOver(row, { retries: request.deployment.retries, now })
  if (isFinal(next.status)) return { row: next, result: { kind: 'stale', is_interrupted: true } }
  return assignAgain(next, request, { now, is_interrupted: true })
}

/** The device had an offer before, so a result that it reports takes precedence over one derived from its poll. */
function assignAgain(
  row: DeviceDeployment,
  { deployment, provides, depends }: ResumeRequest,
  { now, is_interrupted }: { now: string; is_interrupted: boolean },
): ResumeDecision {
  const assignment = assign(deployment, provides, { depends })
  const { status, artifact } = assignment
  const has_ended = status !== 'pending'
  const assigned: DeviceDeployment = {
    ...{ ...begin(row, now), status, request: provides, device_type: provides.device_type },
    ...{ artifact_id: artifact?.id ?? null, image: artifact ? imageOf(artifact) : null },
    ...{ finished: has_ended ? now : null, concluded_by_server: has_ended },
  }
  return { row: assigned, result: { kind: 'assigned', assignment, is_interrupted } }
}

const artifactOf = ({ artifact_id }: DeviceDeployment, { artifacts }: ActiveDeployment) =>
  artifacts.find(({ id }) => id === artifact_id)

/** A device that already runs what it was to install has lost only its report. */
const isInterrupted = (row: DeviceDeployment, request: ResumeRequest, now: string): boolean =>
  isStartingOver(row, now) && !hasInstalled(row, request)

/** Whether the device provides the release now, and did not when the release was offered. */
function hasInstalled(row: DeviceDeployment, { deployment, provides }: ResumeRequest): boolean {
  const artifact = artifactOf(row, deployment)
  const namesRelease = ({ artifact_name }: Provides) => artifact_name === deployment.artifact_name
  const providesArtifact = (provided: Provides) => artifact !== undefined && isInstalled(artifact, provided)
  const before = row.request
  return [namesRelease, providesArtifact].some((holdsFor) => holdsFor(provides) && !(before && holdsFor(before)))
}

const isChanged = ({ request }: DeviceDeployment, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
