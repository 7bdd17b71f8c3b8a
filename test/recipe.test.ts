import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyRecipe,
  changedMembers,
  contentOf,
  filtersIn,
  listRecipes,
  type NewRecipe,
  type RecipeContent,
  readRecipe,
} from '../src/deployments/recipe.ts'
import { NewRollout } from '../src/deployments/rollout/rules.ts'

const content = (rules: Omit<RecipeContent, 'description'>): RecipeContent => ({ description: '', ...rules })

const MEMBERS = ['phases', ...Object.keys(NewRollout.properties).filter((name) => name !== 'recipe')]

/** Rules with any of the members; their values are only passed on. */
const rules = () =>
  fc.record(Object.fromEntries(MEMBERS.map((name) => [name, fc.oneof(fc.constant(null), fc.anything())])), {
    requiredKeys: [],
  }) as fc.Arbitrary<Omit<RecipeContent, 'description'>>

const isAbsent = (value: unknown) => value === undefined || value === null

describe('applying a recipe', () => {
  test('never changes a member that the request has, and takes every other one from the recipe', () => {
    fc.assert(
      fc.property(rules(), rules(), fc.string(), (body, recipe, name) => {
        const applied = applyRecipe({ ...body, name, recipe: 'careful', retries: 3 }, content(recipe))
        expect(applied).toMatchObject({ name, recipe: 'careful', retries: 3 })
        for (const member of MEMBERS as (keyof typeof body)[]) {
          const expected = isAbsent(body[member]) && !isAbsent(recipe[member]) ? recipe[member] : body[member]
          expect(applied[member]).toBe(expected)
        }
        expect(applied.has_recipe_phases).toBe(isAbsent(body.phases) && !isAbsent(recipe.phases))
      }),
    )
  })

  test('takes a member whole: nothing is merged into a gate or a policy of the request', () => {
    const careful = contentOf({}, 'careful')!
    expect(applyRecipe({ gate: { success_percent: 50 }, failure_policy: null }, careful)).toEqual({
      gate: { success_percent: 50 },
      failure_policy: careful.failure_policy,
      phases: careful.phases,
      has_recipe_phases: true,
    })
  })

  test('leaves a request its own empty list of phases', () => {
    expect(applyRecipe({ phases: [] }, content({ phases: [{ batch_size: 10 }, {}] }))).toEqual({
      phases: [],
      has_recipe_phases: false,
    })
  })

  test('does not take the description', () => {
    expect(applyRecipe({}, { description: 'x', max_in_flight: 3 } as RecipeContent)).toEqual({
      max_in_flight: 3,
      has_recipe_phases: false,
    })
  })
})

describe('the recipes of a tenant', () => {
  test('are at first the predefined ones, each of which could be saved as it is', () => {
    const recipes = listRecipes({})
    expect(recipes.map(({ name, predefined }) => [name, predefined])).toEqual([
      ['careful', true],
      ['normal', true],
      ['all at once', true],
    ])
    for (const { name, predefined: _, ...given } of recipes) expect(readRecipe(name, given)).toEqual(given)
    const [careful, normal, atOnce] = recipes
    expect(careful).toMatchObject({
      phases: [{ batch_size: 1 }, { batch_size: 10 }, { batch_size: 50 }, {}],
      gate: { success_percent: 95, soak_minutes: 1440 },
    })
    expect(normal).toMatchObject({ phases: [{ batch_size: 10 }, {}], gate: { success_percent: 90, soak_minutes: 60 } })
    expect(Object.keys(atOnce!)).toEqual(['name', 'description', 'predefined'])
  })

  test('are listed in one order, whatever the order in which they are stored', () => {
    const added = ['lab', 'Zoo', 'ärger', '__proto__', 'b'].map((name) => [name, content({ max_in_flight: 1 })])
    const stored = [...added, ['normal', content({ max_in_flight: 2 })]]
    const names = ['careful', 'normal', 'all at once', 'Zoo', '__proto__', 'b', 'lab', 'ärger']
    for (const one of [stored, stored.toReversed()]) {
      const recipes = listRecipes(Object.fromEntries(one))
      expect(recipes.map(({ name }) => name)).toEqual(names)
      expect(recipes[1]).toEqual({ name: 'normal', description: '', predefined: true, max_in_flight: 2 })
      expect(recipes[4]).toMatchObject({ name: '__proto__', predefined: false, max_in_flight: 1 })
    }
  })

  test('do not include what every object inherits', () => {
    for (const name of ['constructor', 'toString', '__proto__']) expect(contentOf({}, name)).toBeUndefined()
  })
})

describe('a recipe to be saved', () => {
  test('keeps what it has, without nulls and without what no recipe has', () => {
    const given = {
      ...{ name: 'other', predefined: true, recipe: 'normal', unknown: 1, description: null, order: null },
      gate: { success_percent: 90, of: null, unknown: 1 },
      phases: [{ batch_size: 10, unknown: 1 }, {}],
    } as NewRecipe
    const copy = structuredClone(given)
    expect(readRecipe('lab', given)).toEqual({
      description: '',
      gate: { success_percent: 90, of: null },
      phases: [{ batch_size: 10 }, {}],
    })
    expect(given).toEqual(copy)
  })

  test.each<[string, NewRecipe, string]>([
    ['', {}, 'name: cannot be blank'],
    ['  ', {}, 'name: cannot be blank'],
    [' a', {}, 'name: must not begin or end with a space'],
    ['a\nb', {}, 'name: must not contain control characters'],
    ['x'.repeat(65), {}, 'name: must have at most 64 characters'],
    ['a', { gate: {} }, 'gate: must have success_percent, soak_minutes, approval or verdicts'],
    ['a', { gate: { success_percent: 101 } }, 'gate.success_percent: must be between 1 and 100'],
    ['a', { phases: [{ gate: { soak_minutes: 1 } }, {}] }, 'phases.0.batch_size: cannot be blank'],
    [
      'a',
      { phases: [{ batch_size: 1, gate: { soak_minutes: 0 } }, {}] },
      'phases.0.gate.soak_minutes: must be between 1 and 525600',
    ],
    ['a', { phases: [{ batch_size: 101 }] }, 'phases.0.batch_size: must be between 1 and 100 percent'],
    ['a', { phases: [{ batch_size: 10 }, {}] }, 'phases.1.start_ts: cannot be blank'],
    ['a', { failure_policy: {} }, 'failure_policy: must have max_failures'],
    ['a', { failure_policy: { max_failures: 0 } }, 'failure_policy.max_failures: must be between 1 and'],
    [
      'a',
      { failure_policy: { max_failures: 1, action: 'rollback' } },
      'failure_policy.rollback_artifact_name: cannot be blank',
    ],
    ['a', { exclude: {} }, 'exclude: must have filter_id or device_ids'],
    ['a', { max_in_flight_percent: 0 }, 'max_in_flight_percent: must be between 1 and 100'],
    ['a', { offers_per_minute: 0 }, 'offers_per_minute: must be between 1 and'],
    ['a', { confirm_within_minutes: 525_601 }, 'confirm_within_minutes: must be between 1 and 525600'],
  ])('with the name %j and %j is refused: %s', (name, given, problem) => {
    expect(() => readRecipe(name, given)).toThrow(`Validating request body: ${problem}`)
  })

  test('with very many devices is refused', () => {
    const exclude = { device_ids: Array<string>(2000).fill('x'.repeat(36)) }
    expect(() => readRecipe('a', { exclude })).toThrow('the recipe is longer than 65536 characters')
  })

  test('may have a name of 64 characters of any kind', () => {
    expect(readRecipe('💥'.repeat(64), {})).toEqual({ description: '' })
  })

  test('names its filters with the members that name them', () => {
    const phases = [{ filter_id: 'a' }, { batch_size: 1 }, { filter_id: 'B' }, {}]
    expect(filtersIn({ phases, exclude: { filter_id: '158986D3-B70F-41A2-BE8E-106EC0842492' } })).toEqual([
      { field: 'phases.0.filter_id', filter_id: 'a' },
      { field: 'phases.2.filter_id', filter_id: 'B' },
      { field: 'exclude.filter_id', filter_id: '158986d3-b70f-41a2-be8e-106ec0842492' },
    ])
  })
})

test('members with the same values in another order have not changed', () => {
  const gate = { success_percent: 90, soak_minutes: 60 }
  const reordered = { soak_minutes: 60, success_percent: 90 }
  expect(changedMembers({ gate, max_in_flight: 1, order: 'random' }, { gate: reordered, max_in_flight: 2 })).toEqual({
    before: { max_in_flight: 1, order: 'random' },
    after: { max_in_flight: 2 },
  })
})
