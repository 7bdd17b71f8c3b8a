import { compile, type Filterable, type Term } from '../inventory/filter.ts'

/**
 * A device as deployments to all devices, or to a group, look at it. Those created after the one time and until the other list it as
 * what it is; later ones may not, whatever this says. Undefined: there are none.
 */
export type Listable = Filterable & { listed: { after: string; until: string } | undefined }

type Listing = { created: string; dynamic: boolean; lists: 'all' | 'group' | null; groups: string[]; terms: Term[] }

/** What a deployment asks of the devices it is for; undefined: they are named one by one. */
export function termsOf({ dynamic, lists, groups, terms }: Listing): Term[] | undefined {
  if (dynamic) return terms
  if (lists === 'all') return []
  if (lists === 'group') return [{ scope: 'system', attribute: 'group', type: '$eq', value: groups[0] ?? '' }]
  return undefined
}

/** Whether a deployment is for an accepted device by what it is, neither by name nor by what it was. */
export function toMatch(deployment: Listing): (device: Listable) => boolean {
  const terms = termsOf(deployment)
  if (!terms) return () => false
  const matches = compile(terms)
  const { dynamic, created } = deployment
  if (dynamic) return matches
  return (device) =>
    device.listed !== undefined && device.listed.after < created && created <= device.listed.until && matches(device)
}
