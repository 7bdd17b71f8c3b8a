import type { ActiveDeployment, ActiveDeployments } from './active-deployment.ts'
import type { DeviceFacts } from './device-facts.ts'

/** `was_assigned`: the device was assigned to the deployment before, and its history was deleted since. */
export type Candidate = { deployment: ActiveDeployment; was_assigned: boolean }

/** The deployments that are for the device and newer than its baseline, oldest first. */
export function candidatesFor(
  { device, past, named_by, touched_by, assigned_before }: DeviceFacts,
  active: ActiveDeployments,
  baseline: string,
): Candidate[] {
  if (active.newest <= baseline || device.status !== 'accepted') return []
  const naming = named_by.flatMap((id) => active.byId.get(id) ?? [])
  const listing = past.flatMap((one) => active.matching(one).filter(({ audience }) => audience !== null))
  const rollbacks = touched_by.flatMap((id) => active.rollbacksOf(id))
  return [...naming, ...listing, ...rollbacks, ...active.matching(device)]
    .filter(({ created, excludes }) => created > baseline && !excludes(device))
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .map((deployment) => ({ deployment, was_assigned: assigned_before.includes(deployment.id) }))
}
