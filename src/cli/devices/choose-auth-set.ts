import type { Device } from '../../client/api.ts'

type AuthSet = Device['auth_sets'][number]

/** The auth set to change, none if there is nothing to do, or why no single one can be chosen. */
export function chooseAuthSet(
  auth_sets: readonly AuthSet[],
  status: 'accepted' | 'rejected',
  named?: string,
): { auth_set?: string } | { problem: string } {
  if (named !== undefined) return { auth_set: named }
  const withStatus = (...statuses: AuthSet['status'][]) => auth_sets.filter((set) => statuses.includes(set.status))
  const pending = withStatus('pending')
  const done = withStatus(status)
  if (pending.length === 0 && done.length > 0 && (status === 'accepted' || done.length === auth_sets.length)) return {}
  const candidates = pending.length > 0 ? pending : withStatus('rejected', 'accepted', 'preauthorized')
  const open = candidates.filter((set) => set.status !== status)
  if (open.length === 1) return { auth_set: open[0]!.id }
  if (open.length === 0) return { problem: 'the device has no authentication set' }
  return {
    problem: `the device has several keys: name one, as in ID/${open.map(({ id }) => id).join(' or ID/')}`,
  }
}
