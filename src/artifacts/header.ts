import { type Static, Type } from 'typebox'
import { tooManyDependencies } from '../errors.ts'
import type { Artifact } from './artifact.ts'
import { invalidMember, parseMember } from './member.ts'

export const LONGEST_NAME = 256
const MOST_PAYLOADS = 100

const Nullable = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const Text = Type.String({ maxLength: 4096 })
const Words = Type.Union([Text, Type.Array(Text)])
const Depends = Type.Record(Type.String(), Type.Union([Words, Type.Null()]))
const Provides = Type.Record(Type.String(), Text)
const Payloads = Type.Array(Type.Object({ type: Type.Optional(Type.Union([Text, Type.Null()])) }), {
  minItems: 1,
  maxItems: MOST_PAYLOADS,
})
const Name = Type.String({ minLength: 1, maxLength: LONGEST_NAME })

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

/** Beside the payloads of its first, `header-augment` adds only what its types say. */
export const AugmentInfo = Type.Object({ payloads: Payloads })

export const TypeInfo = Type.Object({
  type: Nullable(Text),
  artifact_provides: Nullable(Provides),
  artifact_depends: Nullable(Depends),
  clears_artifact_provides: Nullable(Type.Array(Text)),
})
export type TypeInfo = Static<typeof TypeInfo>

export const MetaData = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])

/** `header-info`, whichever format it is of, in the terms of format 3. */
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

type Described = Pick<
  Artifact,
  'name' | 'device_types_compatible' | 'artifact_provides' | 'artifact_depends' | 'clears_artifact_provides'
>

/** What the artifact as a whole provides, depends on and clears: what its header says, then its payloads. */
export function describeContent(info: HeaderInfo, payloads: readonly TypeInfo[]): Described {
  const artifact_provides = merge([info.artifact_provides, ...payloads.map((one) => one.artifact_provides ?? {})])
  const wanted = merge([info.artifact_depends, ...payloads.map((one) => one.artifact_depends ?? {})])
  const artifact_depends = Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string | string[]] => (entry[1] ?? []).length > 0),
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
    // The type is a list for every reader, whatever else the file holds.
    artifact_depends: { ...artifact_depends, device_type: device_types_compatible },
    clears_artifact_provides: [...new Set(payloads.flatMap((one) => one.clears_artifact_provides ?? []))],
  }
}

/** Own members only: a key may be called anything, `__proto__` too. */
const merge = <Value>(records: readonly Record<string, Value>[]): Record<string, Value> =>
  Object.fromEntries(records.flatMap((record) => Object.entries(record)))

const MOST_COMBINATIONS = 1000

/**
 * Every way to take one value of each need. Two artifacts of one name must not share one, or a device could be given
 * either.
 */
export function combinationsOf(depends: Artifact['artifact_depends']): [string, string][][] {
  const needs = Object.entries(depends).sort(([a], [b]) => (a < b ? -1 : 1))
  const count = needs.reduce((product, [, values]) => product * new Set([values].flat()).size, 1)
  if (count > MOST_COMBINATIONS) throw tooManyDependencies(MOST_COMBINATIONS)
  return needs.reduce<[string, string][][]>(
    (combinations, [key, values]) =>
      combinations.flatMap((begun) =>
        [...new Set([values].flat())].map((value) => [...begun, [key, value] as [string, string]]),
      ),
    [[]],
  )
}
