import { type Static, Type } from 'typebox'
import { tooManyDependencies } from '../errors.ts'
import type { Artifact } from './artifact.ts'
import { invalidMember, parseMember } from './member.ts'

export const MAX_NAME_LENGTH = 256
const MAX_PAYLOADS = 100

const Nullable = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const Text = Type.String({ maxLength: 4096 })
const Words = Type.Union([Text, Type.Array(Text)])
const Depends = Type.Record(Type.String(), Type.Union([Words, Type.Null()]))
const Provides = Type.Record(Type.String(), Text)
const Payloads = Type.Array(Type.Object({ type: Type.Optional(Type.Union([Text, Type.Null()])) }), {
  minItems: 1,
  maxItems: MAX_PAYLOADS,
})
const Name = Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH })

export const Version = Type.Object({ format: Type.Literal('mender'), version: Type.Integer() })

const HeaderInfo2 = Type.Object({
  artifact_name: Name,
  updates: Payloads,
  device_types_compatible: Type.Array(Text, { minItems: 1 }),
})

const HeaderInfo3 = Type.Object({
  payloads: Payloads,
  artifact_provides: Type.Intersect([Type.Object({ artifact_name: Name }), Provides]),
  artifact_depends: Type.Intersect([
    Type.Object({ device_type: Type.Union([Text, Type.Array(Text, { minItems: 1 })]) }),
    Depends,
  ]),
})

/** Of `header-augment`, which adds only type information to the payloads of the header. */
export const AugmentInfo = Type.Object({ payloads: Payloads })

export const TypeInfo = Type.Object({
  type: Nullable(Text),
  artifact_provides: Nullable(Provides),
  artifact_depends: Nullable(Depends),
  clears_artifact_provides: Nullable(Type.Array(Text)),
})
export type TypeInfo = Static<typeof TypeInfo>

export const MetaData = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])

/** `header-info` of either format, in the terms of format 3. */
export type HeaderInfo = {
  types: (string | null)[]
  artifact_provides: Record<string, string>
  artifact_depends: Record<string, string | string[] | null>
}

export function parseHeaderInfo(bytes: Buffer, version: number): HeaderInfo {
  if (version === 2) {
    const { artifact_name, updates, device_types_compatible } = parseMember('header-info', bytes, HeaderInfo2)
    return {
      types: typesOf(updates),
      artifact_provides: { artifact_name },
      artifact_depends: { device_type: device_types_compatible },
    }
  }
  const { payloads, artifact_provides, artifact_depends } = parseMember('header-info', bytes, HeaderInfo3)
  return { types: typesOf(payloads), artifact_provides, artifact_depends }
}

const typesOf = (payloads: Static<typeof Payloads>) => payloads.map(({ type }) => type ?? null)

type Content = Pick<
  Artifact,
  'name' | 'device_types_compatible' | 'artifact_provides' | 'artifact_depends' | 'clears_artifact_provides'
>

/** What the artifact as a whole provides, depends on and clears, according to its header and its payloads. */
export function describeContent(info: HeaderInfo, payloads: readonly TypeInfo[]): Content {
  const artifact_provides = merge([info.artifact_provides, ...payloads.map((one) => one.artifact_provides ?? {})])
  const depends = merge([info.artifact_depends, ...payloads.map((one) => one.artifact_depends ?? {})])
  const artifact_depends = Object.fromEntries(
    Object.entries(depends).filter((entry): entry is [string, string | string[]] => (entry[1] ?? []).length > 0),
  )
  const device_types_compatible = [...new Set([artifact_depends.device_type ?? []].flat())]
  if (device_types_compatible.length === 0 || device_types_compatible.includes(''))
    throw invalidMember('header-info', 'artifact_depends.device_type: cannot be blank')
  const types = [info.artifact_depends.device_type ?? []].flat()
  if (device_types_compatible.some((type) => !types.includes(type)))
    throw invalidMember('type-info', 'a payload cannot depend on a device type that the artifact is not for')
  const name = info.artifact_provides.artifact_name ?? ''
  if (artifact_provides.artifact_name !== name) throw invalidMember('type-info', 'a payload cannot name the artifact')
  return {
    name,
    device_types_compatible,
    artifact_provides,
    // The device type is always a list, even if the file holds a string.
    artifact_depends: { ...artifact_depends, device_type: device_types_compatible },
    clears_artifact_provides: [...new Set(payloads.flatMap((one) => one.clears_artifact_provides ?? []))],
  }
}

/** By entries, because a key can have any name, even `__proto__`. */
const merge = <Value>(records: readonly Record<string, Value>[]): Record<string, Value> =>
  Object.fromEntries(records.flatMap((record) => Object.entries(record)))

const MAX_COMBINATIONS = 1000

/**
 * Every combination of one value for each key of `depends`. Two artifacts of one name must not share a combination, or
 * a device could be offered either.
 */
export function combinationsOf(depends: Artifact['artifact_depends']): [string, string][][] {
  const entries = Object.entries(depends).sort(([a], [b]) => (a < b ? -1 : 1))
  const count = entries.reduce((product, [, values]) => product * new Set([values].flat()).size, 1)
  if (count > MAX_COMBINATIONS) throw tooManyDependencies(MAX_COMBINATIONS)
  return entries.reduce<[string, string][][]>(
    (combinations, [key, values]) =>
      combinations.flatMap((combination) =>
        [...new Set([values].flat())].map((value) => [...combination, [key, value] as [string, string]]),
      ),
    [[]],
  )
}
