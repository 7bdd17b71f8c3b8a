import type { ActiveDeployment, ActiveDeployments } from './poll/active-deployments.ts'
import type { DeviceFacts } from './rows/device-facts.ts'

/** `has_place`: the device was counted in before, and forgotten since. */
export type Candidate = { deployment: ActiveDeployment; has_place: boolean }

/** The deployments newer than all that the device finished, and meant for it, oldest first. */
export function candidatesFor(
  { device, formerly, named_by, forgotten }: DeviceFacts,
  active: ActiveDeployments,
  baseline: string,
): Candidate[] {
  if (active.newest <= baseline || device.status !== 'accepted') return []
  const named = named_by.flatMap((id) => active.byId.get(id) ?? [])
  const listed = formerly.flatMap((former) => active.matching(former).filter(({ lists }) => lists !== null))
  return [...named, ...listed, ...active.matching(device)]
    .filter(({ created }) => created > baseline)
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .map((deployment) => ({ deployment, has_place: forgotten.includes(deployment.id) }))
}
