import { isDeepStrictEqual } from 'node:util'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { toStoredId } from '../auth/stored-id.ts'
import { invalidBody, invalidField } from '../errors.ts'
import { NewStaticDeployment } from './deployment.ts'
import { readNewPhases } from './phases.ts'
import { readGate } from './rollout/gate.ts'
import { NewRollout, readExclusion, readRollout } from './rollout/rules.ts'

const MAX_NAME_LENGTH = 64
const MAX_DESCRIPTION_LENGTH = 1024
/** Of a recipe as JSON. */
const MAX_LENGTH = 65_536
export const MAX_RECIPES = 50

/** The members of a new deployment that a recipe may have. */
const Rules = Type.Object({
  ...Type.Pick(NewStaticDeployment, ['phases']).properties,
  ...Type.Omit(NewRollout, ['recipe']).properties,
})
type Rules = Static<typeof Rules>
const RULES = Object.keys(Rules.properties) as (keyof Rules)[]

export const NewRecipe = Type.Object(
  {
    description: Type.Optional(
      Type.Union([Type.String({ maxLength: MAX_DESCRIPTION_LENGTH }), Type.Null()], {
        description: 'What the recipe does, for people',
      }),
    ),
    ...Rules.properties,
  },
  { title: 'NewRecipe', description: 'How deployments with the recipe proceed, unless they say otherwise' },
)
export type NewRecipe = Static<typeof NewRecipe>

export const Recipe = Type.Object(
  {
    name: Type.String({ description: 'Name of the recipe' }),
    description: Type.String({ description: 'What it does, for people' }),
    predefined: Type.Boolean({ description: 'Whether every tenant has it: it can be edited, but not removed' }),
    ...Rules.properties,
  },
  { title: 'Recipe', description: 'A named default of how deployments proceed' },
)
export type Recipe = Static<typeof Recipe>

/** A recipe without its name, as it is stored. */
export type RecipeContent = Rules & { description: string }

/** The recipes of a tenant that were edited or added, by name. */
export type StoredRecipes = Readonly<Record<string, RecipeContent>>

const DAY = 24 * 60

const PREDEFINED: ReadonlyMap<string, RecipeContent> = new Map<string, RecipeContent>([
  [
    'careful',
    {
      description:
        'Four phases: 1 %, 10 % and 50 % of the devices, then the rest. The next phase opens once 95 % of the devices of a phase have succeeded and a day has passed since. The deployment pauses when 5 % of at least 10 ended devices have failed. A device that has not ended after a day counts as failed.',
      phases: [{ batch_size: 1 }, { batch_size: 10 }, { batch_size: 50 }, {}],
      gate: { success_percent: 95, soak_minutes: DAY },
      failure_policy: { max_failure_percent: 5, min_ended: 10, timeout_minutes: DAY, action: 'pause' },
    },
  ],
  [
    'normal',
    {
      description:
        'Two phases: 10 % of the devices, then the rest. The rest follows once 90 % of the first phase have succeeded and an hour has passed since. The deployment pauses when 10 % of at least 20 ended devices have failed. A device that has not ended after a day counts as failed.',
      phases: [{ batch_size: 10 }, {}],
      gate: { success_percent: 90, soak_minutes: 60 },
      failure_policy: { max_failure_percent: 10, min_ended: 20, timeout_minutes: DAY, action: 'pause' },
    },
  ],
  [
    'all at once',
    { description: 'No phases: each device gets the update when it next asks, however many others have failed.' },
  ],
])

export const isPredefined = (name: string): boolean => PREDEFINED.has(name)

/** The recipe as it was edited, or as it is predefined; undefined: there is none of this name. */
export const contentOf = (stored: StoredRecipes, name: string): RecipeContent | undefined =>
  (Object.hasOwn(stored, name) ? stored[name] : undefined) ?? PREDEFINED.get(name)

/** All recipes of a tenant: the predefined ones in their order, then the others by name. */
export function listRecipes(stored: StoredRecipes): Recipe[] {
  const added = Object.keys(stored).filter((name) => !isPredefined(name))
  return [...PREDEFINED.keys(), ...added.sort()].map((name) => {
    const { description = '', ...rules } = contentOf(stored, name) ?? {}
    return { name, description, predefined: isPredefined(name), ...rules }
  })
}

/** Reads a recipe to be saved. Throws whatever the creation of a deployment would throw for its members. */
export function readRecipe(name: string, given: NewRecipe): RecipeContent {
  requireName(name)
  requireRules(given)
  const { description, ...rules } = Value.Clean(NewRecipe, structuredClone(given)) as NewRecipe
  const present = Object.entries(rules).filter(([, value]) => value !== null && value !== undefined)
  const content = { description: description ?? '', ...Object.fromEntries(present) }
  if (JSON.stringify(content).length > MAX_LENGTH)
    throw invalidBody(`the recipe is longer than ${MAX_LENGTH} characters: name many devices by a saved filter`)
  return content
}

function requireName(name: string): void {
  if (name.trim() === '') throw invalidField('name', 'cannot be blank')
  if (name.trim() !== name) throw invalidField('name', 'must not begin or end with a space')
  if ([...name].length > MAX_NAME_LENGTH) throw invalidField('name', `must have at most ${MAX_NAME_LENGTH} characters`)
  if (/\p{Cc}/u.test(name)) throw invalidField('name', 'must not contain control characters')
}

function requireRules({ phases, gate, exclude, ...rollout }: Rules): void {
  if (gate) readGate('gate', gate)
  readNewPhases(phases ?? [], gate)
  if (exclude) readExclusion(exclude)
  readRollout(rollout)
}

/** The saved filters that a recipe names, each with the member that names it. */
export function filtersIn({ phases, exclude }: Rules): { field: string; filter_id: string }[] {
  const named = [
    ...(phases ?? []).map(({ filter_id }, i) => ({ field: `phases.${i}.filter_id`, filter_id })),
    { field: 'exclude.filter_id', filter_id: exclude?.filter_id },
  ]
  return named.flatMap(({ field, filter_id }) => (filter_id ? [{ field, filter_id: toStoredId(filter_id) }] : []))
}

/** The members in which two recipes differ; JSON from the database has its members in another order. */
export function changedMembers(before: Partial<RecipeContent>, after: Partial<RecipeContent>) {
  const differs = ([name, value]: [string, unknown], other: object) =>
    !isDeepStrictEqual(value, (other as Record<string, unknown>)[name])
  const only = (content: object, other: object) =>
    Object.fromEntries(Object.entries(content).filter((member) => differs(member, other)))
  return { before: only(before, after), after: only(after, before) }
}

/** `has_recipe_phases`: each phase has at least one device, and phases beyond the number of
 * devices are left out. */
export type WithRecipe<Body> = Body & { has_recipe_phases: boolean }

/** A body whose absent or null members are those of the recipe. Members are taken whole, not merged. */
export function applyRecipe<Body extends Rules>(body: Body, recipe: Rules): WithRecipe<Body> {
  const taken = RULES.filter((name) => isAbsent(body[name]) && !isAbsent(recipe[name]))
  const members = Object.fromEntries(taken.map((name) => [name, recipe[name]]))
  return { ...body, ...members, has_recipe_phases: taken.includes('phases') }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null
