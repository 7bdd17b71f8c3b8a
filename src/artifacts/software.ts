import { type Static, Type } from 'typebox'
import type { Release } from './release.ts'

export const SOFTWARE_KINDS = ['release', 'manifest'] as const

/** A release in the list of the GUI of 2026, which also lists manifests: there are none. */
export const Software = Type.Object(
  {
    name: Type.String({ description: 'Name of the release' }),
    kind: Type.Enum([...SOFTWARE_KINDS], { description: 'Kind of the software' }),
    modified: Type.String({ format: 'date-time', description: 'Time of the last change' }),
    compatible_types: Type.Array(Type.String(), { description: 'Device types that the artifacts are for' }),
    tags: Type.Array(Type.String(), { description: 'Tags of the release' }),
    notes: Type.String({ description: 'Notes on the release' }),
  },
  { title: 'Software', description: 'A release without its artifacts' },
)
export type Software = Static<typeof Software>

export const toSoftware = ({ name, modified, tags, notes, artifacts }: Release): Software => {
  const types = artifacts.flatMap(({ device_types_compatible }) => device_types_compatible)
  return { ...{ name, kind: 'release', modified, tags, notes }, compatible_types: [...new Set(types)].sort() }
}
