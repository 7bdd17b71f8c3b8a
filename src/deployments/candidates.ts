import type { ActiveDeployment, ActiveDeployments } from './active-deployment.ts'
import type { DeviceFacts } from './device-facts.ts'

/** `was_assigned`: the device was assigned to the deployment before, and its history was deleted since. */
export type Candidate = { deployment: ActiveDeployment; was_assigned: boolean }

/** The unfinished deployments that may be for a device. `configuration`: that of its own configuration. */
export type ForDevice = { active: ActiveDeployments; configuration: ActiveDeployment | undefined }

/** The deployments that are for the device and newer than its baseline, oldest first. */
export function candidatesFor(
  { device, past, named_by, touched_by, assigned_before }: DeviceFacts,
  { active, configuration }: ForDevice,
  baseline: string,
): Candidate[] {
  if ((active.newest <= baseline && !configuration) || device.status !== 'accepted') return []
  const naming = named_by.flatMap((id) => active.byId.get(id) ?? [])
  const listing = past.flatMap((one) => active.matching(one).filter(({ audience }) => audience !== null))
  const rollbacks = touched_by.flatMap((id) => active.rollbacksOf(id))
  const own = configuration ? [configuration] : []
  return [...own, ...naming, ...listing, ...rollbacks, ...active.matching(device)]
    .filter(({ created, excludes }) => created > baseline && !excludes(device))
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .map((deployment) => ({ deployment, was_assigned: assigned_before.includes(deployment.id) }))
}

export const findUnfinished = ({ active, configuration }: ForDevice, id: string): ActiveDeployment | undefined =>
  configuration?.id === id ? configuration : active.byId.get(id)
