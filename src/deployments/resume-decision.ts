import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled, type SelectionRules } from '../artifacts/compatibility.ts'
import type { ActiveDeployment } from './active-deployment.ts'
import { type Assignment, assign, substateOf } from './assignment.ts'
import { type DeviceDeployment, imageOf, type Provides } from './device-deployment.ts'
import { isFinal } from './device-status.ts'
import { type Download, fullLimit, isRenewable, type LimitedDownload, renewed, take } from './downloads.ts'
import { begin, isStartingOver, startOver } from './lifecycle.ts'
import type { Progress } from './progress.ts'
import { timeLimitsOf } from './rollout/rules.ts'
import { noteOffer, obstacleOf } from './supervision.ts'

/** What a device that is working on a deployment polls with. `in_window`: whether it may be offered the update now. */
export type ResumeRequest = {
  deployment: ActiveDeployment
  provides: Provides
  rules: SelectionRules
  in_window: boolean
  /** Whether a pin keeps the device from another attempt. */
  is_pinned: boolean
  /** If downloads are counted. */
  limited?: LimitedDownload | undefined
  /** Whether devices poll while they install; otherwise, such a poll means that the device has started over. */
  polls_while_working: boolean
}

/** Stale: the device is no longer working on the deployment, so it must be evaluated again. Waiting: for an attempt. */
export type ResumeOutcome =
  | { kind: 'assigned'; assignment: Assignment; is_interrupted: boolean }
  | { kind: 'stale' | 'waiting'; is_interrupted: boolean }

export type ResumeDecision = { row: DeviceDeployment; result: ResumeOutcome }

/** The device as a poll reads it: what an offer that still holds depends on. */
export type OfferedRow = Omit<DeviceDeployment, 'timed_out' | 'confirmation' | 'deadline' | 'download_key'>

type OfferRequest = Pick<ResumeRequest, 'deployment' | 'provides' | 'polls_while_working' | 'limited'>

/** `download`: the one that an offer begins, if downloads are counted. */
type Moment = { now: string; progress: Progress; download?: Download | undefined }

/** The artifact of an offer that still holds: the same poll gets the same offer, and nothing is written. */
export function offeredArtifact(row: OfferedRow, request: OfferRequest, now: string): Artifact | undefined {
  const { deployment, provides, limited } = request
  if (limited && isRenewable(row, now)) return undefined
  if (!row.attempt_begun || (row.status === 'pending' && isChanged(row, provides))) return undefined
  return isInterrupted(row, request, now) ? undefined : artifactOf(row, deployment)
}

/** Whatever a device provides, resuming never makes it fail. Only using up its attempts does. */
export function decideResume(row: DeviceDeployment, request: ResumeRequest, moment: Moment): ResumeDecision {
  if (isFinal(row.status)) return { row, result: { kind: 'stale', is_interrupted: false } }
  if (isInterrupted(row, request, moment.now)) return decideInterrupted(row, request, moment)
  const waiting = { row, result: { kind: 'waiting', is_interrupted: false } } as const
  if (!row.attempt_begun && !mayBegin(request, moment)) return waiting
  const heard = renewed(row, moment.download, moment.now)
  if (!heard) return waiting
  const holds = heard.status !== 'pending' || (heard.attempt_begun && !isChanged(heard, request.provides))
  const artifact = holds ? artifactOf(heard, request.deployment) : undefined
  if (!artifact) return assignAgain(heard, request, { ...moment, is_interrupted: false })
  const assignment = { status: 'pending', artifact } as const
  return { row: heard, result: { kind: 'assigned', assignment, is_interrupted: false } }
}

/** The device lost the state of its attempt. The next one begins at once, unless devices may begin none now. */
function decideInterrupted(row: DeviceDeployment, request: ResumeRequest, moment: Moment): ResumeDecision {
  const { retries } = request.deployment
  const next = startOver(row, {
    ...timeLimitsOf(request.deployment.rollout),
    retries,
    now: moment.now,
    may_begin: true,
  })
  if (isFinal(next.status)) return { row: next, result: { kind: 'stale', is_interrupted: true } }
  const leaving = row.timed_out === null ? 1 : 0
  if (!mayBegin(request, moment, leaving)) return { row: next, result: { kind: 'waiting', is_interrupted: true } }
  return assignAgain(next, request, { ...moment, is_interrupted: true })
}

/** Another attempt waits while paused or pinned, outside of windows and for the limits, never for a phase. */
const mayBegin = ({ in_window, is_pinned }: ResumeRequest, { now, progress, download }: Moment, leaving = 0): boolean =>
  in_window && !is_pinned && obstacleOf(progress, now, { leaving }) === undefined && !(download && fullLimit(download))

/** The device had an offer before, so a result that it reports takes precedence over one derived from its poll. */
function assignAgain(
  row: DeviceDeployment,
  request: ResumeRequest,
  { now, progress, download, is_interrupted }: Moment & { is_interrupted: boolean },
): ResumeDecision {
  const { deployment, provides, rules } = request
  const assignment = assign(deployment, provides, rules)
  const { status, artifact } = assignment
  const has_ended = status !== 'pending'
  if (!row.attempt_begun && !has_ended) {
    noteOffer(progress, now)
    if (download) take(download)
  }
  const begun = begin(row, { ...timeLimitsOf(request.deployment.rollout), now })
  const assigned: DeviceDeployment = {
    ...{ ...begun, status, request: provides, device_type: provides.device_type },
    ...(has_ended ? { substate: substateOf(assignment) } : {}),
    ...{ artifact_id: artifact?.id ?? null, image: artifact ? imageOf(artifact) : null },
    ...(row.attempt_begun
      ? {}
      : { download_key: download?.key ?? null, download_seen: download && !has_ended ? now : null }),
    ...(has_ended
      ? { finished: now, concluded_by_server: true, timed_out: null, deadline: null, download_seen: null }
      : NOT_ENDED),
  }
  return { row: assigned, result: { kind: 'assigned', assignment, is_interrupted } }
}

const NOT_ENDED = { finished: null, concluded_by_server: false } as const

const artifactOf = ({ artifact_id }: Pick<DeviceDeployment, 'artifact_id'>, { artifacts }: ActiveDeployment) =>
  artifacts.find(({ id }) => id === artifact_id)

/** A device that already runs what it was to install has lost only its report. */
const isInterrupted = (row: OfferedRow, request: OfferRequest, now: string): boolean =>
  !request.polls_while_working && isStartingOver(row, now) && !hasInstalled(row, request)

/** Whether the device provides the release now, and did not when the release was offered. */
function hasInstalled(row: OfferedRow, { deployment, provides }: Omit<OfferRequest, 'polls_while_working'>): boolean {
  const before = row.request
  const holdings = (provided: Provides) => signsOf(deployment, row, provided)
  const earlier = before ? holdings(before) : []
  return holdings(provides).some((holds, i) => holds && !earlier[i])
}

/** Whether the device runs what it was to install. */
export const runsRelease = (
  deployment: ActiveDeployment,
  row: Pick<DeviceDeployment, 'artifact_id'>,
  provides: Provides,
): boolean => signsOf(deployment, row, provides).some((holds) => holds)

/** Whether the device provides the name of the release, and what the artifact provides. */
function signsOf(deployment: ActiveDeployment, row: Pick<DeviceDeployment, 'artifact_id'>, provides: Provides) {
  const artifact = artifactOf(row, deployment)
  return [
    provides.artifact_name === deployment.artifact_name,
    artifact !== undefined && isInstalled(artifact, provides),
  ]
}

const isChanged = ({ request }: OfferedRow, provides: Provides) => canonical(request) !== canonical(provides)

const canonical = (provides: Provides | null) =>
  JSON.stringify(Object.entries(provides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
