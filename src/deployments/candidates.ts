import type { ActiveDeployment, ActiveDeployments } from './active-deployment.ts'
import type { DeviceFacts } from './device-facts.ts'

/** `was_assigned`: the device was counted in before, and forgotten since. */
export type Candidate = { deployment: ActiveDeployment; was_assigned: boolean }

/** The deployments newer than all that the device finished, and meant for it, oldest first. */
export function candidatesFor(
  { device, formerly, named_by, forgotten }: DeviceFacts,
  active: ActiveDeployments,
  baseline: string,
): Candidate[] {
  if (active.newest <= baseline || device.status !== 'accepted') return []
  const named = named_by.flatMap((id) => active.byId.get(id) ?? [])
  const listed = formerly.flatMap((former) => active.matching(former).filter(({ audience }) => audience !== null))
  return [...named, ...listed, ...active.matching(device)]
    .filter(({ created }) => created > baseline)
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .map((deployment) => ({ deployment, was_assigned: forgotten.includes(deployment.id) }))
}
