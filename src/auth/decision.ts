import { authSetAmbiguous, authSetMissing } from '../errors.ts'
import type { Device } from './device.ts'

/** A decision about a whole device rather than one of its auth sets. */
export type Decision = 'accept' | 'reject'
type AuthSet = Device['auth_sets'][number]

/**
 * The auth sets that a decision changes; none if the device has the status already. An accepted device keeps its key:
 * whether to trust another one, and which of several, must be decided by a user who looks at the keys.
 */
export function setsToChange(decision: Decision, auth_sets: readonly AuthSet[]): AuthSet[] {
  const withStatus = (status: AuthSet['status']) => auth_sets.filter((set) => set.status === status)
  return decision === 'accept' ? toAccept(withStatus) : toReject(withStatus)
}

type SetsWithStatus = (status: AuthSet['status']) => AuthSet[]

function toAccept(withStatus: SetsWithStatus): AuthSet[] {
  if (withStatus('accepted').length > 0) return []
  const [first, ...more] = withStatus('pending').length > 0 ? withStatus('pending') : withStatus('rejected')
  if (!first) throw authSetMissing('accepted')
  if (more.length > 0) throw authSetAmbiguous()
  return [first]
}

function toReject(withStatus: SetsWithStatus): AuthSet[] {
  const sets = [...withStatus('accepted'), ...withStatus('pending')]
  if (sets.length === 0 && withStatus('rejected').length === 0) throw authSetMissing('rejected')
  return sets
}
