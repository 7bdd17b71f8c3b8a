import { compile, type Filterable, type Term } from '../inventory/filter.ts'

/**
 * A device as deployments to all devices, or to a group, look at it. Those created after the one time and until the other list it as
 * what it is; later ones may not, whatever this says. Undefined: there are none.
 */
export type AudienceDevice = Filterable & { membership: { after: string; until: string } | undefined }

type Audience = { created: string; dynamic: boolean; audience: 'all' | 'group' | null; groups: string[]; terms: Term[] }

/** What a deployment asks of the devices it is for; undefined: they are named one by one. */
export function termsOf({ dynamic, audience, groups, terms }: Audience): Term[] | undefined {
  if (dynamic) return terms
  if (audience === 'all') return []
  if (audience === 'group') return [{ scope: 'system', attribute: 'group', type: '$eq', value: groups[0] ?? '' }]
  return undefined
}

/** Whether a deployment is for an accepted device by what it is, neither by name nor by what it was. */
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
