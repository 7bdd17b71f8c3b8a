import { describe, expect, test } from 'vitest'
import { resolveRecipe } from '../../src/deployments/orders/resolve-recipe.ts'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { inventoryTerm, saveFilter } from '../support/deploy.ts'
import { dump } from '../support/dump.ts'
import { useServer } from '../support/fixtures.ts'
import { addUser, eventsOf } from '../support/users.ts'

const RECIPES = '/api/management/v2/deployments/recipes'
const ROLES = '/api/management/v2/useradm/roles'
const PREDEFINED = ['careful', 'normal', 'all at once']

const server = useServer()

type Recipe = { name: string; description: string; predefined: boolean; [member: string]: unknown }

const pathOf = (name: string) => `${RECIPES}/${encodeURIComponent(name)}`
const save = (api: Api, name: string, recipe: unknown) => api.put(pathOf(name), recipe)
const remove = (api: Api, name: string) => api.delete(pathOf(name))
const list = async (api: Api): Promise<Recipe[]> => (await api.get(RECIPES)).body
const find = async (api: Api, name: string) => (await list(api)).find((recipe) => recipe.name === name)
const namesOf = async (api: Api) => (await list(api)).map(({ name }) => name)

const done = { status: 204, text: '' }
const forbidden = { status: 403, body: { code: 'permission_denied' } }
const notInPlan = { status: 403, body: { error: 'Feature not available in your Plan.', code: 'feature_not_in_plan' } }

/** What a recipe may have, except references to filters and releases. */
const FULL = {
  description: 'The lab first',
  phases: [
    { device_ids: ['a'], gate: { success_percent: 100, soak_minutes: 60, approval: 'other_user' } },
    { batch_size: 10 },
    {},
  ],
  gate: { success_percent: 95, of: 'ended', min_ended: 10, verdicts: ['grafana'] },
  failure_policy: { max_failures: 5, scope: 'deployment', timeout_minutes: 120, action: 'abort' },
  ...{ confirm_within_minutes: 60, max_in_flight: 500, max_in_flight_percent: 10, offers_per_minute: 1000 },
  ...{ order: 'random', exclude: { device_ids: ['b'] } },
  windows: [{ days: ['sat', 'sun'], from: '01:00', to: '05:00' }],
  time_zone: { attribute: 'timezone', scope: 'inventory', fallback: 'Europe/Berlin' },
  blackouts: [{ from: '2026-12-20', to: '2027-01-02' }],
}

describe('recipes', () => {
  test('are the predefined ones at first, then also those that were added, by name', async () => {
    const { api } = await server.tenant()
    const first = await list(api)
    expect(first.map(({ name, predefined }) => [name, predefined])).toEqual(PREDEFINED.map((name) => [name, true]))
    for (const { description } of first) expect(description).toMatch(/\w \w/)
    for (const name of ['weekend', 'lab', 'Berlin / Wien']) expect(await save(api, name, FULL)).toMatchObject(done)
    expect(await namesOf(api)).toEqual([...PREDEFINED, 'Berlin / Wien', 'lab', 'weekend'])
    expect((await list(api)).slice(0, 3)).toEqual(first)
    expect(await find(api, 'lab')).toEqual({ name: 'lab', predefined: false, ...FULL })
  })

  test('are replaced as a whole, and removed', async () => {
    const { api } = await server.tenant()
    await save(api, 'lab', FULL)
    expect(await save(api, 'lab', { max_in_flight: 3, gate: null })).toMatchObject(done)
    expect(await find(api, 'lab')).toEqual({ name: 'lab', description: '', predefined: false, max_in_flight: 3 })
    expect(await remove(api, 'lab')).toMatchObject(done)
    expect(await namesOf(api)).toEqual(PREDEFINED)
    expect(await remove(api, 'lab')).toMatchObject({ status: 404, body: { code: 'recipe_not_found' } })
  })

  test.each(PREDEFINED)('that are predefined, such as %s, can be edited, and return to their default', async (name) => {
    const { api } = await server.tenant()
    const before = await list(api)
    expect(await save(api, name, FULL)).toMatchObject(done)
    expect(await namesOf(api)).toEqual(PREDEFINED)
    expect(await find(api, name)).toEqual({ name, predefined: true, ...FULL })
    expect(await remove(api, name)).toMatchObject(done)
    expect(await list(api)).toEqual(before)
    expect(await remove(api, name)).toMatchObject(done)
  })

  test.each(PREDEFINED)('that are predefined, such as %s, are accepted as they are listed', async (name) => {
    const { api } = await server.tenant()
    const before = await find(api, name)
    expect(await save(api, name, before)).toMatchObject(done)
    expect(await find(api, name)).toEqual(before)
  })

  test('of one tenant are not those of another', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    await save(one.api, 'lab', FULL)
    await save(one.api, 'careful', FULL)
    expect(await list(other.api)).toEqual(await list((await server.tenant()).api))
    expect(await remove(other.api, 'lab')).toMatchObject({ status: 404 })
    expect(await namesOf(one.api)).toEqual([...PREDEFINED, 'lab'])
  })

  test('are 50 at most, and each can still be edited', async () => {
    const { api } = await server.tenant()
    const names = Array.from({ length: 47 }, (_, i) => `recipe ${i}`)
    for (const name of names) expect(await save(api, name, {})).toMatchObject(done)
    const tooMany = { status: 422, body: { code: 'too_many_recipes', error: expect.stringContaining('50') } }
    expect(await save(api, 'one more', {})).toMatchObject(tooMany)
    expect(await save(api, 'recipe 46', { max_in_flight: 1 })).toMatchObject(done)
    expect(await save(api, 'careful', { max_in_flight: 1 })).toMatchObject(done)
    await remove(api, 'recipe 0')
    expect(await save(api, 'one more', {})).toMatchObject(done)
    expect(await list(api)).toHaveLength(50)
  })

  test('are added once by concurrent requests that only add, which replace none', async () => {
    const { api } = await server.tenant()
    const headers = { 'if-none-match': '*' }
    const add = (name: string, description: string) => api.put(pathOf(name), { description }, headers)
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((one) => add('new', one)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 412, 412, 412])
    const added = answers.findIndex(({ status }) => status === 204)
    expect(await find(api, 'new')).toMatchObject({ description: 'abcd'[added] })
    expect(await add('careful', 'a')).toMatchObject({ status: 412, body: { code: 'version_mismatch' } })
  })

  test('added at the same time are all there', async () => {
    const { api } = await server.tenant()
    const names = Array.from({ length: 10 }, (_, i) => `recipe ${i}`)
    await Promise.all(names.map((name) => save(api, name, FULL)))
    expect(await namesOf(api)).toEqual([...PREDEFINED, ...names])
  })
})

describe('a recipe that creation would refuse', () => {
  const phase = { batch_size: 10 }
  const ofLab = { device_ids: ['a'] }
  test.each([
    [{ gate: {} }, 'gate'],
    [{ gate: { success_percent: 0 } }, 'gate.success_percent'],
    [{ gate: { success_percent: 1.5 } }, 'gate.success_percent'],
    [{ gate: { success_percent: 90, min_ended: 3 } }, 'gate.min_ended'],
    [{ gate: { verdicts: ['a', 'no spaces'] } }, 'gate.verdicts.1'],
    [{ phases: [{ gate: { soak_minutes: 1 } }, {}] }, 'phases.0.batch_size'],
    [{ phases: [phase, {}] }, 'phases.1.start_ts'],
    [{ phases: [{ ...phase, gate: { success_percent: 101 } }, {}] }, 'phases.0.gate.success_percent'],
    [{ phases: [{ ...ofLab, gate: {} }, {}] }, 'phases.0.gate'],
    [{ failure_policy: {} }, 'failure_policy'],
    [{ failure_policy: { max_failures: 1, min_ended: 3 } }, 'failure_policy.min_ended'],
    [{ failure_policy: { timeout_minutes: 525_601 } }, 'failure_policy.timeout_minutes'],
    [{ failure_policy: { max_failures: 1, action: 'rollback' } }, 'failure_policy.rollback_artifact_name'],
    [
      { failure_policy: { max_failures: 1, action: 'rollback', rollback_artifact_name: 'no such release' } },
      'failure_policy.rollback_artifact_name',
    ],
    [{ failure_policy: { max_failures: 1, action: 'explode' } }, 'failure_policy.action'],
    [{ max_in_flight: 0 }, 'max_in_flight'],
    [{ max_in_flight_percent: 101 }, 'max_in_flight_percent'],
    [{ offers_per_minute: -1 }, 'offers_per_minute'],
    [{ confirm_within_minutes: 0 }, 'confirm_within_minutes'],
    [{ order: 'alphabetical' }, 'order'],
    [{ exclude: {} }, 'exclude'],
    [{ exclude: { filter_id: 'no such filter' } }, 'exclude.filter_id'],
    [{ phases: [phase, { filter_id: 'no such filter' }, {}], gate: { soak_minutes: 1 } }, 'phases.1.filter_id'],
    [{ windows: [{ from: '01:00' }] }, 'windows.0.to'],
    [{ description: 'x'.repeat(1025) }, 'description'],
  ])('is refused when it is saved, with the member that is wrong: %j at %s', async (recipe, field) => {
    const { api, tenant_id } = await server.tenant()
    const before = await dump(server.env.db, tenant_id)
    for (const name of ['lab', 'careful']) {
      const response = await save(api, name, recipe)
      expect(response).toMatchObject({ status: 400, body: { field } })
    }
    expect(await dump(server.env.db, tenant_id)).toEqual(before)
  })

  test.each([' ', ' lab', 'lab ', 'l\tab', 'x'.repeat(65)])('for its name, %j, is refused', async (name) => {
    const { api } = await server.tenant()
    expect(await save(api, name, FULL)).toMatchObject({ status: 400, body: { field: 'name' } })
  })

  test('for its length is refused', async () => {
    const { api } = await server.tenant()
    const exclude = { device_ids: Array(2000).fill('x'.repeat(36)) }
    expect(await save(api, 'lab', { exclude })).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })
})

test('a recipe may name filters and a release of the tenant, not those of another', async () => {
  const [{ api }, other] = [await server.tenant(), await server.tenant()]
  const filter_id = await saveFilter(api, inventoryTerm('place', 'lab'))
  await uploadTestArtifact(api, { name: 'release-1' })
  const recipe = {
    phases: [{ filter_id, gate: { success_percent: 100 } }, {}],
    exclude: { filter_id: filter_id.toUpperCase() },
    failure_policy: { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-1' },
  }
  expect(await save(api, 'lab', recipe)).toMatchObject(done)
  expect(await find(api, 'lab')).toMatchObject(recipe)
  const { failure_policy: _, ...filtered } = recipe
  expect(await save(other.api, 'lab', filtered)).toMatchObject({
    ...{ status: 400, body: { field: 'phases.0.filter_id', code: 'filter_not_found' } },
  })
  expect(await save(other.api, 'lab', { failure_policy: recipe.failure_policy })).toMatchObject({ status: 400 })
})

describe('recipes may be changed', () => {
  test('by users who may deploy to all devices, and seen by all who see deployments', async () => {
    const tenant = await server.tenant()
    const deployer = await addUser(server, tenant, ['RBAC_ROLE_DEPLOYMENTS_MANAGER'])
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    const uploader = await addUser(server, tenant, ['RBAC_ROLE_CI'])
    expect(await save(deployer.api, 'lab', FULL)).toMatchObject(done)
    expect(await find(observer.api, 'lab')).toMatchObject(FULL)
    expect(await uploader.api.get(RECIPES)).toMatchObject(forbidden)
    for (const { api } of [observer, uploader]) {
      expect(await save(api, 'lab', {})).toMatchObject(forbidden)
      expect(await remove(api, 'lab')).toMatchObject(forbidden)
    }
    expect(await remove(deployer.api, 'lab')).toMatchObject(done)
  })

  test('not by users whose role is limited to groups: they only see them', async () => {
    const tenant = await server.tenant()
    const scope = { type: 'DeviceGroups', value: ['berlin'] }
    const permission_sets_with_scope = [{ name: 'DeployToDevices', scope }]
    await tenant.api.post(ROLES, { name: 'crew', permission_sets_with_scope })
    const { api } = await addUser(server, tenant, ['crew'])
    await save(tenant.api, 'lab', FULL)
    expect(await namesOf(api)).toEqual([...PREDEFINED, 'lab'])
    for (const name of ['lab', 'careful', 'another']) {
      expect(await save(api, name, FULL)).toMatchObject(forbidden)
      expect(await remove(api, name)).toMatchObject(forbidden)
    }
  })

  test.each(['os', 'professional'] as const)('with the plan enterprise, not with %s', async (plan) => {
    const tenant = await server.tenant(plan)
    expect(await tenant.api.get(RECIPES)).toMatchObject(notInPlan)
    expect(await save(tenant.api, 'lab', FULL)).toMatchObject(notInPlan)
    expect(await remove(tenant.api, 'careful')).toMatchObject(notInPlan)
    const body = { name: 'production', artifact_name: 'release-1', phases: null }
    await expect(resolveRecipe(server.env, { ...tenant, plan }, { ...body, recipe: 'careful' })).rejects.toMatchObject({
      ...{ status: 403, code: 'feature_not_in_plan' },
    })
    expect(await resolveRecipe(server.env, { ...tenant, plan }, body)).toMatchObject(body)
  })
})

test('each change of a recipe is an event with the members that changed, and no change is none', async () => {
  const tenant = await server.tenant()
  const { api, tenant_id } = tenant
  await save(api, 'lab', { description: 'The lab', max_in_flight: 3 })
  await save(api, 'lab', { description: 'The lab', max_in_flight: 3 })
  await save(api, 'lab', { description: 'The lab', order: 'random' })
  await remove(api, 'lab')
  await remove(api, 'careful')
  const gate = { success_percent: 99, soak_minutes: 1440 }
  const careful = await find(api, 'careful')
  await save(api, 'careful', careful)
  await save(api, 'careful', { ...careful, gate })
  await remove(api, 'careful')
  const events = (await eventsOf(server, tenant)).filter(({ action }) => action !== 'create')
  expect(events.map(({ change }) => change)).toEqual([
    'Added the recipe lab:\n-description: null\n+description: "The lab"\n-max_in_flight: null\n+max_in_flight: 3',
    'Updated the recipe lab:\n-max_in_flight: 3\n+max_in_flight: null\n-order: null\n+order: "random"',
    'Removed the recipe lab:\n-description: "The lab"\n+description: null\n-order: "random"\n+order: null',
    expect.stringMatching(/^Updated the recipe careful:\n-gate: {.*95.*}\n\+gate: {.*99.*}$/),
    expect.stringMatching(/^Returned the recipe careful to its default:\n-gate: {.*99.*}\n\+gate: {.*95.*}$/),
  ])
  const names = ['lab', 'lab', 'lab', 'careful', 'careful']
  expect(events).toMatchObject(
    names.map((recipe) => ({ action: 'update', object: { id: tenant_id, type: 'settings', settings: { recipe } } })),
  )
})

describe('a request that names a recipe', () => {
  const actor = (tenant: { tenant_id: string }) => ({ ...tenant, plan: 'enterprise' as const })

  test('gets what it leaves out from the recipe as it is now', async () => {
    const tenant = await server.tenant()
    const body = { name: 'production', artifact_name: 'release-1', recipe: 'lab', max_in_flight: 7, gate: null }
    await save(tenant.api, 'lab', { phases: [{ batch_size: 20 }, {}], gate: { soak_minutes: 5 }, max_in_flight: 3 })
    const resolved = await resolveRecipe(server.env, actor(tenant), body)
    expect(resolved).toEqual({
      ...body,
      phases: [{ batch_size: 20 }, {}],
      gate: { soak_minutes: 5 },
      has_recipe_phases: true,
    })
    await save(tenant.api, 'lab', { order: 'random' })
    expect(await resolveRecipe(server.env, actor(tenant), body)).toEqual({
      ...{ ...body, order: 'random', has_recipe_phases: false },
    })
  })

  test('that the tenant does not have is refused with the names of those that it has', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()]
    await save(other.api, 'of another', {})
    await save(tenant.api, 'lab', {})
    for (const recipe of ['of another', 'Careful', 'constructor', '__proto__'])
      await expect(resolveRecipe(server.env, actor(tenant), { recipe })).rejects.toMatchObject({
        status: 400,
        details: { field: 'recipe' },
        message:
          'Validating request body: recipe: there is no recipe of this name: the recipes are careful, normal, all at once, lab.',
      })
  })

  test.each([undefined, null])('or names none (%s) stays as it is', async (recipe) => {
    const body = { name: 'production', phases: [{ batch_size: 10 }], ...(recipe === null ? { recipe } : {}) }
    expect(await resolveRecipe(server.env, actor(await server.tenant()), body)).toEqual({
      ...{ ...body, has_recipe_phases: false },
    })
  })
})
