import type { Deployment } from '../../client/api.ts'
import { counted } from '../../texts/numbers.ts'
import { isTripped } from '../../texts/rollouts.ts'
import { reasonText, rolloutOf } from './state.ts'

export const EXIT_CODES = { failed: 3, aborted: 4, timeout: 5, tripped: 6, approval: 7 } as const

type Outcome = { exit_code: number; sentence: string }

/** Whether there is an outcome: it is finished, or waits for a user because of failures or for an approval. */
export const hasOutcome = (deployment: Deployment): boolean =>
  deployment.status === 'finished' || waitOf(deployment) !== undefined

/** The exit code for a deployment that has an outcome, and a sentence that explains it. Undefined: it has none yet. */
export function outcomeOf(ended: Deployment | undefined, id: string): Outcome {
  const more = `Run "muster deployments show ${id}" for details.`
  if (!ended)
    return {
      exit_code: EXIT_CODES.timeout,
      sentence: `The deployment is still running, but the timeout was reached. ${more}`,
    }
  const wait = ended.status === 'finished' ? undefined : waitOf(ended)
  if (wait === 'tripped')
    return {
      exit_code: EXIT_CODES.tripped,
      sentence: `The deployment is paused until a user resumes it. ${reasonOf(ended)}${more}`,
    }
  if (wait === 'approval') {
    const approve = `Run "muster deployments approve ${id}" to approve.`
    return {
      exit_code: EXIT_CODES.approval,
      sentence: `The deployment waits for approval. ${reasonOf(ended)}${approve}`,
    }
  }
  if (ended.aborted) return { exit_code: EXIT_CODES.aborted, sentence: `${abortedText(ended)} ${more}` }
  return finishedOutcome(ended, more)
}

function waitOf(deployment: Deployment): 'tripped' | 'approval' | undefined {
  const rollout = rolloutOf(deployment)
  if (rollout === undefined) return undefined
  if (isTripped(rollout)) return 'tripped'
  return rollout.state === 'held' && rollout.reason?.code === 'approval' ? 'approval' : undefined
}

/** With a space at its end. */
function reasonOf(deployment: Deployment): string {
  const reason = reasonText(rolloutOf(deployment))
  return reason === undefined ? '' : `${reason} `
}

/** Says whether a user aborted it or its failure policy, which nobody has overruled since. */
function abortedText(deployment: Deployment): string {
  const rollout = rolloutOf(deployment)
  const trip = rollout?.trip
  const failed = failuresOf(deployment)
  const by_policy = trip !== undefined && trip.action !== 'pause' && trip.resumed_at === undefined
  const rollback = deployment.rolled_back_by
  const then = rollback === undefined ? '' : ` Deployment ${rollback} rolls its devices back.`
  if (by_policy) return `The deployment was aborted by its failure policy. ${reasonText(rollout) ?? ''}${then}`
  return `The deployment was aborted${failed ? `, after ${failed}` : ''}.${then}`
}

function failuresOf({ statistics }: Deployment): string | undefined {
  const { failure } = statistics.status
  return failure > 0 ? `${counted(failure, 'device')} failed` : undefined
}

function finishedOutcome(finished: Deployment, more: string): Outcome {
  const { success, noartifact, 'already-installed': installed } = finished.statistics.status
  const failed = failuresOf(finished)
  if (failed) return { exit_code: EXIT_CODES.failed, sentence: `The deployment is finished: ${failed}. ${more}` }
  const updated = success + installed
  if (updated === 0)
    return {
      exit_code: EXIT_CODES.failed,
      sentence: `The deployment is finished, but no device runs the release. ${more}`,
    }
  const run = updated === 1 ? 'runs' : 'run'
  const without = noartifact > 0 ? `; no artifact for ${counted(noartifact, 'device')}` : ''
  return {
    exit_code: 0,
    sentence: `The deployment is finished: ${counted(updated, 'device')} ${run} the release${without}.`,
  }
}
