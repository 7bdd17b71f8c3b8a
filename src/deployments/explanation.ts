import { type Static, Type } from 'typebox'
import type { Artifact } from '../artifacts/artifact.ts'
import { attributeValue, compile, type Filterable, Term } from '../inventory/filter.ts'
import { termText } from '../texts/terms.ts'
import type { ActiveDeployment } from './active-deployment.ts'
import { assign } from './assignment.ts'
import { type AttemptSoFar, attemptText } from './attempt-text.ts'
import type { PhaseState } from './phases.ts'
import type { RemainingCapacity } from './remaining-capacity.ts'

/** Why a device has, or has not, been offered a deployment. */
export const CODES = [
  'counted_in',
  'deployment_aborted',
  'deployment_finished',
  'not_accepted',
  'not_listed',
  'filter_mismatch',
  'newer_deployment_finished',
  'busy',
  'waits_for_older',
  'limit_reached',
  'waits_for_phase',
  'no_artifact',
  'already_installed',
  'waits_for_poll',
] as const

const FailingTerm = Type.Object(
  {
    ...Term.properties,
    actual: Type.Optional(Type.Unknown({ description: 'The value that the device has; absent: none' })),
  },
  { title: 'FailingTerm', description: 'A term that the device does not match' },
)

export const Explanation = Type.Object(
  {
    code: Type.Unsafe<(typeof CODES)[number]>({ type: 'string', enum: CODES, description: 'The reason, for programs' }),
    message: Type.String({ description: 'The reason as a sentence' }),
    status: Type.Optional(Type.String({ description: 'With `counted_in`: how far the device is' })),
    failing_terms: Type.Optional(
      Type.Array(FailingTerm, { description: 'With `filter_mismatch`: the terms that the device does not match' }),
    ),
    deployment_id: Type.Optional(Type.String({ description: 'ID of another deployment that is the reason' })),
    phase: Type.Optional(
      Type.Object(
        {
          id: Type.String({ description: 'ID of the phase' }),
          start_ts: Type.String({ format: 'date-time', description: 'Time from which it is open' }),
        },
        { description: 'With `waits_for_phase`: the next phase' },
      ),
    ),
    check_in_time: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'With `waits_for_poll`: time of the last poll or inventory report',
      }),
    ),
  },
  { title: 'Explanation', description: 'Why a device has, or has not, been offered a deployment' },
)
export type Explanation = Static<typeof Explanation>

/** All that an offer to the device depends on, at one moment. */
export type Situation = {
  deployment: {
    id: string
    created: string
    dynamic: boolean
    terms: Term[]
    force_installation: boolean
    retries: number
  }
  was_aborted: boolean
  is_finished: boolean
  /** Its row in this deployment, if it was counted in. */
  row: AttemptSoFar | undefined
  device: Filterable | undefined
  is_listed: boolean
  current_deployment_id: string | undefined
  newest_finished: { deployment_id: string; created: string } | undefined
  /** Deployments that are offered before this one, oldest first. */
  older: Pick<ActiveDeployment, 'id'>[]
  room: RemainingCapacity
  phases: (PhaseState & { id: string })[]
  artifacts: Artifact[]
  depends: boolean
  now: string
}

/** What stands between the device and the deployment; of several things the one that waiting does not mend. */
export function explain(situation: Situation): Explanation {
  const { deployment, row, device, current_deployment_id, newest_finished, older, room } = situation
  if (row) {
    const { retries } = deployment
    return {
      code: 'counted_in',
      message: attemptText(row, { phases: situation.phases.length, retries }),
      status: row.status,
    }
  }
  if (situation.was_aborted) return { code: 'deployment_aborted', message: 'The deployment was aborted.' }
  if (situation.is_finished) return { code: 'deployment_finished', message: 'The deployment is finished.' }
  if (!device)
    return {
      code: 'not_accepted',
      message: 'No device with this ID has been accepted: it may have been decommissioned.',
    }
  if (device.status !== 'accepted')
    return {
      code: 'not_accepted',
      message: `${AUTH_TEXT[device.status] ?? 'The device is not accepted'}: accept it first.`,
    }
  if (!deployment.dynamic && !situation.is_listed)
    return {
      code: 'not_listed',
      message: 'The device is not among the target devices, which were chosen when the deployment was created.',
    }
  const failing_terms = failing(device, deployment)
  if (failing_terms.length > 0)
    return {
      code: 'filter_mismatch',
      message: `The device does not match the filter: ${failing_terms.map(toSentence).join('; ')}.`,
      failing_terms,
    }
  if (current_deployment_id !== undefined)
    return {
      code: 'busy',
      message: 'The device is in the middle of another deployment.',
      deployment_id: current_deployment_id,
    }
  if (newest_finished && newest_finished.created >= deployment.created)
    return {
      code: 'newer_deployment_finished',
      message: 'The device has finished a newer deployment, and never goes back to an older one.',
      deployment_id: newest_finished.deployment_id,
    }
  if (older[0])
    return { code: 'waits_for_older', message: 'An older deployment comes first.', deployment_id: older[0].id }
  if (room === 'never')
    return {
      code: 'limit_reached',
      message: 'The device limit is reached: the deployment stops after this many devices.',
    }
  if (room === 'later') return waitsForPhase(situation)
  return expectation(device, situation)
}

function waitsForPhase({ phases, now }: Situation): Explanation {
  const next = phases.find(({ start_ts }) => start_ts !== null && start_ts > now)
  if (!next?.start_ts) return { code: 'waits_for_phase', message: 'Every phase is full.' }
  return {
    code: 'waits_for_phase',
    message: `The phases open so far are full; phase ${phases.indexOf(next) + 1} opens at ${next.start_ts}.`,
    phase: { id: next.id, start_ts: next.start_ts },
  }
}

/** Nothing stands in the way: what will its next poll bring, by what its inventory says? */
function expectation(device: Filterable, { artifacts, deployment, depends }: Situation): Explanation {
  const { status } = assign({ artifacts, ...deployment }, device.attributes.inventory ?? {}, { depends })
  if (status === 'noartifact')
    return {
      code: 'no_artifact',
      message:
        'The release has no artifact for this device type: the deployment will end for the device when it next asks.',
    }
  if (status === 'already-installed')
    return {
      code: 'already_installed',
      message:
        'By its inventory the device is running the release already: the deployment will end for it when it next asks.',
    }
  const { check_in_time } = device
  return {
    code: 'waits_for_poll',
    message: 'The device will be offered the update when it next asks.',
    ...(check_in_time === null ? {} : { check_in_time }),
  }
}

const failing = (device: Filterable, { terms }: { terms: readonly Term[] }) =>
  terms
    .filter((term) => !compile([term])(device))
    .map((term) => {
      const actual = attributeValue(device, term.scope, term.attribute)
      return { ...term, ...(actual === undefined ? {} : { actual }) }
    })

const toSentence = ({ actual, ...term }: Static<typeof FailingTerm>): string =>
  `${termText(term)}, but the device ${actual === undefined ? 'has none' : `has ${[actual].flat().join(', ')}`}`

const AUTH_TEXT: Readonly<Record<string, string>> = {
  pending: 'The device is waiting to be accepted',
  rejected: 'The device is rejected',
  preauthorized: 'The device is preauthorized and has not connected yet',
}
