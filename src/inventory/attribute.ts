import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import type { AttributeValue } from './filter.ts'

const Value = Type.Unsafe<AttributeValue>({ description: 'A string, a number, or an array of strings or of numbers' })

/** An attribute that a device or user sets. The API they use determines the scope. */
export const NewAttribute = Type.Object(
  {
    name: Type.String({ description: 'Name, of at most 1024 characters' }),
    value: Value,
    description: Type.Optional(Type.String({ description: 'Description, for people' })),
    scope: Type.Optional(Type.String({ description: 'Ignored: the operation decides on the scope' })),
  },
  { title: 'NewAttribute', description: 'An attribute to store' },
)
export type NewAttribute = Static<typeof NewAttribute>

/** An attribute of a device. */
export const Attribute = Type.Object(
  {
    name: Type.String({ description: 'Name of the attribute' }),
    value: Value,
    scope: Type.String({ description: 'Where it is from: identity, inventory, tags, system or monitor' }),
    description: Type.Optional(Type.String({ description: 'Description, for people' })),
  },
  { title: 'Attribute', description: 'A named value of a device' },
)
export type Attribute = Static<typeof Attribute>

/** What is stored of attributes besides their values, by name. */
export type Notes = Record<string, { description?: string }>

const MAX_NAME_LENGTH = 1024

export function requireAttributes(attributes: readonly NewAttribute[]): void {
  for (const { name, value } of attributes) {
    if (name === '') throw badRequest('failed to decode request body: name: cannot be blank')
    if (name.length > MAX_NAME_LENGTH)
      throw badRequest(`failed to decode request body: name: the length must be between 1 and ${MAX_NAME_LENGTH}`)
    if (!isValue(value))
      throw badRequest(
        `failed to decode request body: ${name.slice(0, 64)}: supported types are string, float64, and arrays thereof`,
      )
  }
}

function isValue(value: unknown): value is AttributeValue {
  const kinds = new Set((Array.isArray(value) ? value : [value]).map((one) => typeof one))
  return kinds.size === 0 || (kinds.size === 1 && (kinds.has('string') || kinds.has('number')))
}

/** Values and notes by name; the last attribute of a name wins. */
export function byName(attributes: readonly NewAttribute[]): { values: Record<string, AttributeValue>; notes: Notes } {
  const described = attributes.filter(({ description }) => description !== undefined)
  return {
    values: Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
    notes: Object.fromEntries(described.map(({ name, description }) => [name, { description: description as string }])),
  }
}
