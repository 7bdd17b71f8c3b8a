import { compile, conditionsIn, type Filterable, type Term } from '../inventory/filter.ts'
import type { NamedDevices } from './phases.ts'
import { rankOf } from './rollout/rank.ts'
import type { Exclusion } from './rollout/rules.ts'

/** For which devices a phase is; both null: for any. */
export type PhasePlace = { named: NamedDevices | null; rank_below: number | null }

type Placed = { id: string; exclude: Exclusion | null; is_random: boolean; places: readonly PhasePlace[] | null }

/** Whether the deployment is not for a device, although it is a target. */
export function toExclude({ exclude }: Pick<Placed, 'exclude'>): (device: Filterable) => boolean {
  if (!exclude) return () => false
  const ids = new Set(exclude.device_ids)
  const matches = exclude.filter ? compile(exclude.filter.terms) : () => false
  return (device) => ids.has(device.id) || matches(device)
}

/**
 * The phase that a device is in because it is named or by its rank, however full that phase is; null: any phase. A
 * device that two phases name belongs to the first.
 */
export function toPlace({ id, is_random, places }: Placed): (device: Filterable) => number | null {
  if (!places) return () => null
  const named = places.flatMap(({ named: devices }, i) => (devices ? [{ i, includes: toInclude(devices) }] : []))
  return (device) => {
    const first = named.find(({ includes }) => includes(device))
    if (first) return first.i
    return is_random ? phaseOfRank(places, rankOf(id, device.id)) : null
  }
}

/** The first phase, of those that name no devices, whose ranks include this one. The last one has no limit. */
export function phaseOfRank(places: readonly PhasePlace[], rank: number): number | null {
  const index = places.findIndex(({ named, rank_below }) => !named && (rank_below === null || rank < rank_below))
  return index < 0 ? null : index
}

function toInclude(devices: NamedDevices): (device: Filterable) => boolean {
  if (devices.filter) return compile(devices.filter.terms)
  const ids = new Set(devices.device_ids)
  return ({ id }) => ids.has(id)
}

/** The conditions of all filters that decide about phases and exclusion. */
export const conditionsOfPlaces = ({ exclude, places }: Pick<Placed, 'exclude' | 'places'>): Term[] =>
  conditionsIn([
    ...(exclude?.filter?.terms ?? []),
    ...(places ?? []).flatMap(({ named }) => named?.filter?.terms ?? []),
  ])
