import type { Artifact } from '../artifacts/artifact.ts'
import { DIALECTS } from '../auth/dialect.ts'
import type { Filterable, FilterTerm } from '../inventory/filter.ts'
import { type Assignment, downgradeText, lacksType } from './assignment.ts'
import { type AttemptSoFar, attemptText } from './attempt-text.ts'
import { type ClaimDecision, isPassedOver } from './claim-decision.ts'
import { isFinal } from './device-status.ts'
import type { DownloadLimits } from './download-limits.ts'
import { heldBack } from './download-waits.ts'
import type { Download } from './downloads.ts'
import type { Explanation } from './explanation.ts'
import { failingTerms, mismatchText } from './failing-terms.ts'
import { type DevicePin, pinText } from './pin.ts'
import type { Progress } from './progress.ts'
import { explainWait, standingTexts } from './rollout-waits.ts'
import { standingOf } from './standing.ts'

/** Everything that an offer to the device depends on, at one time. */
export type OfferState = {
  deployment: {
    created: string
    dynamic: boolean
    terms: FilterTerm[]
    retries: number
  }
  /** The row of the device in this deployment, if it was assigned. */
  row: (AttemptSoFar & { download_seen: string | null }) | undefined
  device: Filterable | undefined
  is_excluded: boolean
  /** The device is excluded because it was pinned when the deployment was created. */
  was_pinned: boolean
  /** What keeps the device from updates now. */
  pin: DevicePin | undefined
  /** The deployment that the device is working on. */
  current: { deployment_id: string; deployment_created: string } | undefined
  newest_finished: { deployment_id: string; created: string } | undefined
  /** The deployment that is offered before this one. */
  older: { id: string } | undefined
  /** What a claim would decide, if the device had no other deployments; undefined: this one is not for it. */
  decision: ClaimDecision | undefined
  /** As of `now`, with the phases. */
  progress: Progress
  /** The phase of the device, if it is named or has a rank. */
  fixed_phase: number | null
  /** The download limits of the tenant. */
  limits: DownloadLimits | null
  /** The one that an offer would begin, if downloads are counted. */
  download: Download | undefined
  artifacts: readonly Artifact[]
  now: string
}

/**
 * Why a device is, or is not, offered a deployment. Reasons that do not pass by waiting come first, the others in the
 * order in which a poll meets them.
 */
export function explain(state: OfferState): Explanation {
  const { row, device, decision, pin } = state
  if (row) return assigned(row, state)
  const { was_aborted, finished } = state.progress
  if (was_aborted) return { code: 'deployment_aborted', message: 'The deployment was aborted.' }
  if (finished !== null) return { code: 'deployment_finished', message: 'The deployment is finished.' }
  if (device?.status !== 'accepted') return notAccepted(device)
  if (!decision) return notTargeted(device, state)
  // Removed since it was read.
  if (decision.kind === 'stale') return notAccepted(undefined)
  const of_itself = () =>
    decision.kind === 'assigned'
      ? expectation(device, decision.assignment, state)
      : explainWait(device, decision, state)
  if (isPassedOver(decision)) return of_itself()
  return (
    hasNewer(state) ?? hasNoType(device) ?? isBusy(state) ?? (pin ? undefined : waitsForOlder(state)) ?? of_itself()
  )
}

function assigned(row: NonNullable<OfferState['row']>, state: OfferState): Explanation {
  const { deployment, progress, pin, device, limits, download, now } = state
  const is_retrying = standingOf(row) === 'awaiting_retry' && !pin
  const download_seen = isFinal(row.status) ? null : row.download_seen
  const waiting = { limits, rules: progress.rollout, now, download, download_seen }
  return {
    code: 'counted_in',
    message: [
      attemptText(row, { phases: progress.phases.length, retries: deployment.retries }),
      ...standingTexts(row, progress, now, pin),
      ...(device ? heldBack({ ...waiting, device }, is_retrying) : []),
    ].join(' · '),
    status: row.status,
  }
}

const notAccepted = (device: Filterable | undefined): Explanation => ({
  code: 'not_accepted',
  message: device
    ? `${AUTH_TEXT[device.status] ?? 'The device is not accepted'}: accept it first.`
    : 'No device with this ID has been accepted: it may have been decommissioned.',
})

const AUTH_TEXT: Readonly<Record<string, string>> = {
  pending: 'The device is waiting to be accepted',
  rejected: 'The device is rejected',
  preauthorized: 'The device is preauthorized and has not connected yet',
}

function notTargeted(device: Filterable, state: OfferState): Explanation {
  const { deployment, is_excluded } = state
  if (state.was_pinned) return leftOut(state)
  if (is_excluded) return { code: 'excluded', message: 'The deployment excludes the device.' }
  if (!deployment.dynamic)
    return {
      code: 'not_listed',
      message: 'The device is not among the target devices, which were chosen when the deployment was created.',
    }
  const failing_terms = failingTerms(device, deployment.terms)
  return {
    code: 'filter_mismatch',
    message: `The device does not match the filter: ${failing_terms.map(mismatchText).join('; ')}.`,
    failing_terms,
  }
}

/** A static deployment leaves out the devices that are pinned at its creation, also if their pins are removed later. */
const leftOut = ({ pin }: OfferState): Explanation => ({
  code: 'excluded',
  message: `The device was pinned when the deployment was created, which leaves it out.${pin ? ` ${pinText(pin)}.` : ''}`,
  ...(pin ? { pin } : {}),
})

const hasNoType = ({ dialect, attributes }: Filterable): Explanation | undefined =>
  lacksType(dialect, attributes.inventory ?? {})
    ? {
        code: 'no_device_type',
        message:
          'The device has not reported its device type: name the attribute that has it, or a default, in the settings of DDI.',
      }
    : undefined

function hasNewer({ deployment, newest_finished, current }: OfferState): Explanation | undefined {
  const never = 'and never goes back to an older one.'
  if (newest_finished && newest_finished.created >= deployment.created)
    return {
      code: 'newer_deployment_finished',
      message: `The device has finished a newer deployment, ${never}`,
      deployment_id: newest_finished.deployment_id,
    }
  if (!current || current.deployment_created < deployment.created) return undefined
  return {
    code: 'newer_deployment_begun',
    message: `The device is in the middle of a newer deployment, ${never}`,
    deployment_id: current.deployment_id,
  }
}

const isBusy = ({ current }: OfferState): Explanation | undefined =>
  current && {
    code: 'busy',
    message: 'The device is in the middle of another deployment.',
    deployment_id: current.deployment_id,
  }

const waitsForOlder = ({ older }: OfferState): Explanation | undefined =>
  older && { code: 'waits_for_older', message: 'An older deployment comes first.', deployment_id: older.id }

/** The expected result of the next poll, by the inventory of the device. */
function expectation(device: Filterable, assignment: Assignment, { artifacts }: OfferState): Explanation {
  const { status } = assignment
  if (status === 'noartifact' && assignment.downgrade)
    return {
      code: 'downgrade',
      message: `The device is not updated: ${downgradeText(assignment.downgrade)}. The deployment will end for it at its next poll.`,
    }
  if (status === 'noartifact')
    return {
      code: 'no_artifact',
      message: `The release has no artifact${ofDialect(device, artifacts)} for this device type: the deployment will end for the device at its next poll.`,
    }
  if (status === 'already-installed')
    return {
      code: 'already_installed',
      message:
        'By its inventory, the device runs the release already: the deployment will end for it at its next poll.',
    }
  const { check_in_time } = device
  return {
    code: 'waits_for_poll',
    message: 'The device will be offered the update at its next poll.',
    ...(check_in_time === null ? {} : { check_in_time }),
  }
}

/** Names the dialect if there is an artifact for the device type, but of another dialect. */
function ofDialect({ dialect, attributes }: Filterable, artifacts: readonly Artifact[]): string {
  const type = String(attributes.inventory?.device_type)
  const others = artifacts.filter((one) => one.dialect !== dialect)
  const isForOthers = others.some(({ device_types_compatible }) => device_types_compatible.includes(type))
  return isForOthers ? ` of the device's dialect (${DIALECTS[dialect].name})` : ''
}
