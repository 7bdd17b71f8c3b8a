import type { Deployment } from '../../deployments/deployment.ts'

export const EXIT_CODES = { failed: 3, aborted: 4, timeout: 5 } as const

/** The exit code for a deployment and a sentence that explains it. `finished`: undefined while the deployment runs. */
export function outcomeOf(finished: Deployment | undefined, id: string): { exit_code: number; sentence: string } {
  const more = `Run "muster deployments show ${id}" for details.`
  if (!finished)
    return {
      exit_code: EXIT_CODES.timeout,
      sentence: `The deployment is still running, but the timeout was reached. ${more}`,
    }
  const { success, failure, noartifact, 'already-installed': installed } = finished.statistics.status
  const failed = failure > 0 ? `${devices(failure)} failed` : undefined
  if (finished.aborted)
    return {
      exit_code: EXIT_CODES.aborted,
      sentence: `The deployment was aborted${failed ? `, after ${failed}` : ''}. ${more}`,
    }
  if (failed) return { exit_code: EXIT_CODES.failed, sentence: `The deployment is finished: ${failed}. ${more}` }
  if (success + installed === 0)
    return {
      exit_code: EXIT_CODES.failed,
      sentence: `The deployment is finished, but no device runs the release. ${more}`,
    }
  const updated = success + installed
  const run = updated === 1 ? 'runs' : 'run'
  const without = noartifact > 0 ? `; no artifact for ${devices(noartifact)}` : ''
  return {
    exit_code: 0,
    sentence: `The deployment is finished: ${devices(updated)} ${run} the release${without}.`,
  }
}

const devices = (count: number): string => `${count} ${count === 1 ? 'device' : 'devices'}`
