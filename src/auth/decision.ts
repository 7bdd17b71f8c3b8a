import { authSetAmbiguous, authSetMissing } from '../errors.ts'
import type { Device } from './device.ts'

/** What a user decides about a whole device rather than one of its auth sets. */
export type Decision = 'accept' | 'reject'
type AuthSet = Device['auth_sets'][number]

/**
 * The auth sets that a decision is about; none where it holds already. An accepted device keeps the key it has: whether
 * to trust another one, and which of several, is for somebody to decide who looks at the keys.
 */
export function setsToChange(decision: Decision, auth_sets: readonly AuthSet[]): AuthSet[] {
  const having = (status: AuthSet['status']) => auth_sets.filter((set) => set.status === status)
  return decision === 'accept' ? toAccept(having) : toReject(having)
}

type Having = (status: AuthSet['status']) => AuthSet[]

function toAccept(having: Having): AuthSet[] {
  if (having('accepted').length > 0) return []
  const [first, ...more] = having('pending').length > 0 ? having('pending') : having('rejected')
  if (!first) throw authSetMissing('accepted')
  if (more.length > 0) throw authSetAmbiguous()
  return [first]
}

function toReject(having: Having): AuthSet[] {
  const sets = [...having('accepted'), ...having('pending')]
  if (sets.length === 0 && having('rejected').length === 0) throw authSetMissing('rejected')
  return sets
}
