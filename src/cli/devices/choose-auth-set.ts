import type { Device } from '../../auth/device.ts'

type AuthSet = Device['auth_sets'][number]

/** The auth set to change, none where there is nothing to do, or why it cannot be said. */
export function chooseAuthSet(
  auth_sets: readonly AuthSet[],
  status: 'accepted' | 'rejected',
  named?: string,
): { auth_set?: string } | { problem: string } {
  if (named !== undefined) return { auth_set: named }
  const of = (...statuses: AuthSet['status'][]) => auth_sets.filter((set) => statuses.includes(set.status))
  const waiting = of('pending')
  const done = of(status)
  if (waiting.length === 0 && done.length > 0 && (status === 'accepted' || done.length === auth_sets.length)) return {}
  const candidates = waiting.length > 0 ? waiting : of('rejected', 'accepted', 'preauthorized')
  const open = candidates.filter((set) => set.status !== status)
  if (open.length === 1) return { auth_set: open[0]!.id }
  if (open.length === 0) return { problem: 'the device has no authentication set' }
  return {
    problem: `the device has several keys: name one, as in ID/${open.map(({ id }) => id).join(' or ID/')}`,
  }
}
