import { PERMISSION_SETS, SCOPE_TYPES } from '../auth/permission-set.ts'
import { OPERATORS, SCOPES } from '../inventory/filter.ts'
import { GROUPS } from '../texts/terms.ts'
import { RolloutFile } from './rollout-file.ts'

type Schema = { [keyword: string]: unknown }
type Definitions = Record<string, Schema>

/** Keywords whose values are no schemas. */
const VALUES = ['default', 'enum', 'const', 'examples', 'required', 'pattern', 'description']

/**
 * The JSON Schema of rollout files, from the schemas of the API. Unlike the API, it refuses members that it does not
 * know, as they are typing errors; a member that may be null is one that may be left out; and filters have names.
 */
export function fileSchema(): Schema {
  const definitions: Definitions = {}
  const { title, ...root } = convert(structuredClone(JSON.parse(JSON.stringify(RolloutFile))), definitions)
  addChoices(definitions)
  const sorted = Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...{ title: 'Rollout file of Muster', ...root, definitions: Object.fromEntries(sorted) },
  }
}

function convert(given: unknown, definitions: Definitions): Schema {
  const schema = withoutNull(given as Schema)
  const converted = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, convertKeyword(keyword, value, definitions)]),
  )
  return 'properties' in converted ? { additionalProperties: false, ...converted } : converted
}

function convertKeyword(keyword: string, value: unknown, definitions: Definitions): unknown {
  if (VALUES.includes(keyword) || typeof value !== 'object' || value === null) return value
  if (keyword === 'properties') return convertProperties(value as Record<string, Schema>, definitions)
  // A condition is about some members only.
  if (keyword === 'if') return value
  if (Array.isArray(value)) return value.map((one) => hoist(one, definitions))
  return hoist(value as Schema, definitions)
}

const convertProperties = (properties: Record<string, Schema>, definitions: Definitions) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) =>
      name === 'filter_id'
        ? [
            'filter',
            { type: 'string', minLength: 1, description: 'Name of a saved filter, of this file or of the server' },
          ]
        : [name, hoist(schema, definitions)],
    ),
  )

/** A schema with a title becomes a definition. */
function hoist(schema: Schema, definitions: Definitions): Schema {
  if (typeof schema !== 'object') return schema
  // A schema that holds itself names itself.
  if ('x-schema' in schema) return { $ref: `#/definitions/${schema['x-schema']}` }
  const { title, ...rest } = withoutNull(schema)
  if (typeof title !== 'string') return convert(rest, definitions)
  definitions[title] ??= convert(rest, definitions)
  const { description } = rest
  return { $ref: `#/definitions/${title}`, ...(description === undefined ? {} : { description }) }
}

function withoutNull(schema: Schema): Schema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const [first, ...others] = anyOf.filter(({ type }: Schema) => type !== 'null')
  return others.length === 0 ? { ...first, ...rest } : { ...rest, anyOf: [first, ...others] }
}

/** The API checks these texts itself, to refuse them with a better sentence. Editors offer the choices. */
function addChoices(definitions: Definitions): void {
  const choose = (definition: string, path: string[], choices: readonly string[]) => {
    const member = path.reduce(
      (schema, name) => (schema.properties as Record<string, Schema>)[name]!,
      definitions[definition]!,
    )
    member.enum = choices
  }
  choose('FilterTerm', ['scope'], SCOPES)
  choose('FilterTerm', ['type'], OPERATORS)
  choose('FilterTermGroup', ['type'], GROUPS)
  choose('ScopedPermissionSet', ['name'], [...PERMISSION_SETS.keys()])
  choose('PermissionScope', ['type'], SCOPE_TYPES)
}
