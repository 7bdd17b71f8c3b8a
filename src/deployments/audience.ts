import { compile, type Filterable, type FilterTerm } from '../inventory/filter.ts'

/**
 * A device as evaluated by deployments to all devices or to a group. Deployments created after `membership.after` and
 * up to `membership.until` list the device by this membership; a later deployment may not, even if it matches.
 * Undefined: there are no such deployments.
 */
export type AudienceDevice = Filterable & { membership: { after: string; until: string } | undefined }

type Audience = {
  created: string
  dynamic: boolean
  audience: 'all' | 'group' | 'touched' | null
  groups: string[]
  terms: FilterTerm[]
}

/** The terms that the devices of a deployment match; undefined: the deployment names its devices. */
export function termsOf({ dynamic, audience, groups, terms }: Audience): FilterTerm[] | undefined {
  if (dynamic) return terms
  if (audience === 'all') return []
  if (audience === 'group') return [{ scope: 'system', attribute: 'group', type: '$eq', value: groups[0] ?? '' }]
  return undefined
}

/** Whether a deployment is for an accepted device because of its attributes or its membership, not by name. */
export function toMatch(deployment: Audience): (device: AudienceDevice) => boolean {
  const terms = termsOf(deployment)
  if (!terms) return () => false
  const matches = compile(terms)
  const { dynamic, created } = deployment
  if (dynamic) return matches
  return (device) =>
    device.membership !== undefined &&
    device.membership.after < created &&
    created <= device.membership.until &&
    matches(device)
}
