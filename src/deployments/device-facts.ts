import type { Filterable } from '../inventory/filter.ts'
import type { AudienceDevice } from './audience.ts'

/** What decides which deployments are meant for a device. */
export type DeviceFacts = {
  device: AudienceDevice
  /** The device as what it was, in other groups, while deployments were created that list it as that. */
  formerly: readonly AudienceDevice[]
  /** Static deployments that name the device. */
  named_by: readonly string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: readonly string[]
}

type Past = readonly [group_name: string | null, after: string, until: string]
export type Ties = {
  listed_after: string | null
  listed_until: string | null
  past: readonly Past[] | null
  named_by: string | null
  forgotten: string | null
}

export const toFacts = (device: Filterable, ties: Ties): DeviceFacts => ({
  device: { ...device, membership: toMembership(ties) },
  formerly: asItWas(device, ties.past),
  named_by: idsIn(ties.named_by),
  forgotten: idsIn(ties.forgotten),
})

const toMembership = ({ listed_after, listed_until }: Ties): AudienceDevice['membership'] =>
  listed_after === null || listed_until === null ? undefined : { after: listed_after, until: listed_until }

const asItWas = (device: Filterable, past: readonly Past[] | null): readonly AudienceDevice[] =>
  past === null
    ? NEVER
    : past.map(([group_name, after, until]) => ({ ...device, group_name, membership: { after, until } }))
const NEVER: readonly AudienceDevice[] = []

/** The ids of deployments, which are ours and hold no comma. */
const idsIn = (text: string | null): readonly string[] => text?.split(',') ?? NONE
const NONE: readonly string[] = []
