import { beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { dump } from '../support/dump.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)
let api: Api
let filter_id: string
let ids: string[]

beforeAll(async () => {
  api = tenant.api
  await uploadTestArtifact(api, { name: 'release-1' })
  filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  ids = (await enrol(server, tenant, 4, { foo: 'foo' })).map(({ id }) => id)
  await api.patch('/api/management/v1/inventory/groups/fleet/devices', ids)
})

type Body = Record<string, unknown>
const common = { name: 'production', artifact_name: 'release-1' }

/** The same request to each route that creates or previews deployments. */
const everywhere = (body: Body) => [
  api.post(V2, { ...common, filter_id, ...body }),
  api.post(V1, { ...common, devices: ids, ...body }),
  api.post(`${V1}/group/fleet`, { ...common, ...body }),
  api.post(`${V2}/preview`, { ...common, devices: ids, ...body }),
  api.post(`${V2}/preview`, { ...common, filter_id, ...body }),
]

const gated = (gate: unknown) => ({ phases: [{ batch_size: 50, gate }, {}] })
const policy = (failure_policy: Body) => ({ failure_policy: { max_failures: 1, ...failure_policy } })
const named = (first: Body) => ({ phases: [first, {}] })
const window = (one: Body) => ({ windows: [{ from: '01:00', to: '05:00', ...one }] })
const START = '2027-01-01T00:00:00Z'

const PERCENT = 'must be between 1 and 100'
const MINUTES = 'must be between 1 and 525600'
const DEVICES = 'must be between 1 and 2147483647'

/** Wrong bodies, with the member that the error names and the problem. */
const WRONG: [body: Body, field: string, problem: string][] = [
  [gated({ success_percent: 0 }), 'phases.0.gate.success_percent', PERCENT],
  [{ gate: { success_percent: 500 } }, 'gate.success_percent', PERCENT],
  [gated({ success_percent: 101 }), 'phases.0.gate.success_percent', PERCENT],
  [gated({ success_percent: 1.5 }), 'phases.0.gate.success_percent', 'must be integer'],
  [gated({ success_percent: '95' }), 'phases.0.gate.success_percent', 'must be integer'],
  [gated({ soak_minutes: 0 }), 'phases.0.gate.soak_minutes', MINUTES],
  [gated({ soak_minutes: 525_601 }), 'phases.0.gate.soak_minutes', MINUTES],
  [gated({ success_percent: 9, of: 'all' }), 'phases.0.gate.of', 'must be equal to one of the allowed values'],
  [gated({ success_percent: 9, min_ended: 5 }), 'phases.0.gate.min_ended', 'can only be used with of: ended'],
  [gated({ success_percent: 9, of: 'ended', min_ended: 0 }), 'phases.0.gate.min_ended', DEVICES],
  [gated({ approval: 'yes' }), 'phases.0.gate.approval', 'must be equal to one of the allowed values'],
  [gated({ verdicts: ['a b'] }), 'phases.0.gate.verdicts.0', 'must be 1 to 64 letters, digits, dots'],
  [gated({ verdicts: ['a', ''] }), 'phases.0.gate.verdicts.1', 'must be 1 to 64 letters, digits, dots'],
  [gated({ verdicts: ['a', 'a'] }), 'phases.0.gate.verdicts', 'must not name a program twice'],
  [gated({ verdicts: Array(21).fill('a') }), 'phases.0.gate.verdicts', 'must NOT have more than 20 items'],
  [gated({}), 'phases.0.gate', 'must have'],
  [gated({ of: 'ended' }), 'phases.0.gate', 'must have'],
  [gated({ approval: 'none', verdicts: [] }), 'phases.0.gate', 'must have'],
  [{ phases: [{ batch_size: 50 }, { start_ts: START, gate: { soak_minutes: 1 } }] }, 'phases.1.gate', 'cannot be used'],
  [{ phases: [{ batch_size: 50 }, {}] }, 'phases.1.start_ts', 'cannot be blank'],
  [{ gate: { success_percent: 101 }, ...gated(null) }, 'gate.success_percent', PERCENT],

  [{ failure_policy: {} }, 'failure_policy', 'must have max_failures, max_failure_percent or timeout_minutes'],
  [policy({ max_failures: 0 }), 'failure_policy.max_failures', DEVICES],
  [policy({ max_failure_percent: 101 }), 'failure_policy.max_failure_percent', PERCENT],
  [policy({ max_failure_percent: 5, min_ended: 0 }), 'failure_policy.min_ended', DEVICES],
  [policy({ min_ended: 5 }), 'failure_policy.min_ended', 'can only be used with max_failure_percent'],
  [policy({ scope: 'group' }), 'failure_policy.scope', 'must be equal to one of the allowed values'],
  [policy({ action: 'stop' }), 'failure_policy.action', 'must be equal to one of the allowed values'],
  [policy({ timeout_minutes: 525_601 }), 'failure_policy.timeout_minutes', MINUTES],
  [policy({ action: 'rollback' }), 'failure_policy.rollback_artifact_name', 'cannot be blank with action: rollback'],
  [
    policy({ action: 'abort', rollback_artifact_name: 'release-1' }),
    'failure_policy.rollback_artifact_name',
    'can only be used with action: rollback',
  ],

  [{ confirm_within_minutes: 0 }, 'confirm_within_minutes', MINUTES],
  [{ max_in_flight: 0 }, 'max_in_flight', DEVICES],
  [{ max_in_flight: 2 ** 31 }, 'max_in_flight', DEVICES],
  [{ max_in_flight_percent: 101 }, 'max_in_flight_percent', PERCENT],
  [{ offers_per_minute: 0 }, 'offers_per_minute', DEVICES],
  [{ offers_per_minute: 'many' }, 'offers_per_minute', 'must be integer'],
  [{ order: 'alphabetical' }, 'order', 'must be equal to one of the allowed values'],
  [{ exclude: {} }, 'exclude', 'must have filter_id or device_ids'],
  [{ exclude: { device_ids: [] } }, 'exclude', 'must have filter_id or device_ids'],
  [{ exclude: { device_ids: [''] } }, 'exclude.device_ids.0', 'cannot be blank'],
  [{ recipe: 'no such recipe' }, 'recipe', 'there is no recipe of this name: the recipes are careful, normal'],

  [{ windows: [{ from: '01:00' }] }, 'windows.0.to', 'cannot be blank'],
  [window({ from: '24:00' }), 'windows.0.from', 'must be a time from 00:00 to 23:59'],
  [window({ to: '5:00' }), 'windows.0.to', 'must be a time from 00:00 to 24:00'],
  [window({ to: '01:00' }), 'windows.0.to', 'must differ from `from`'],
  [window({ days: [] }), 'windows.0.days', 'must have at least one day'],
  [window({ days: ['sun', 'sun'] }), 'windows.0.days.1', 'must not repeat sun'],
  [window({ days: ['sunday'] }), 'windows.0.days.0', 'must be'],
  [{ ...window({}), time_zone: 'Europe/Atlantis' }, 'time_zone', 'must be an IANA time zone'],
  [{ time_zone: 'Europe/Berlin' }, 'time_zone', 'can only be used with windows or blackouts'],
  [
    { ...window({}), time_zone: { attribute: 'tz', scope: 'inventory', fallback: 'here' } },
    'time_zone.fallback',
    'must be an IANA time zone',
  ],
  [
    { ...window({}), time_zone: { attribute: 'tz', scope: 'nowhere', fallback: 'UTC' } },
    'time_zone.scope',
    'must be one of',
  ],
  [{ blackouts: [{ from: '2026-02-30', to: '2026-03-01' }] }, 'blackouts.0.from', 'must be a date such as 2026-12-20'],
  [{ blackouts: [{ from: '2026-03-02', to: '2026-03-01' }] }, 'blackouts.0.to', 'must not be before `from`'],

  [named({ device_ids: [] }), 'phases.0.device_ids', 'must name a device'],
  [named({ device_ids: Array(1001).fill('a') }), 'phases.0.device_ids', 'must NOT have more than 1000 items'],
  [named({ device_ids: ['nobody'] }), 'phases.0.device_ids', 'none of them is a target of the deployment'],
  [named({ device_ids: ['a'], batch_size: 5 }), 'phases.0.batch_size', 'cannot be used in a phase for named devices'],
  [named({ device_ids: ['a'], filter_id: 'b' }), 'phases.0.filter_id', 'cannot be used together with device_ids'],
  [{ phases: [{ device_ids: ['a'] }] }, 'phases', 'must have a phase that is not for named devices'],
]

describe('a request with a wrong member is 400 and names the member', () => {
  test.each(WRONG)('%.150j: %s', async (body, field, problem) => {
    const gates = 'phases' in body && JSON.stringify(body).includes('"device_ids"') ? { gate: { soak_minutes: 1 } } : {}
    for (const response of await Promise.all(everywhere({ ...gates, ...body })))
      expect(response).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining(`Validating request body: ${field}: ${problem}`), field },
      })
  })

  test('a filter that does not exist', async () => {
    for (const [body, field] of [
      [{ exclude: { filter_id: 'nothing' } }, 'exclude.filter_id'],
      [{ phases: [{ filter_id: 'nothing', gate: { soak_minutes: 1 } }, {}] }, 'phases.0.filter_id'],
    ] as const)
      for (const response of await Promise.all(everywhere(body)))
        expect(response).toMatchObject({ status: 400, body: { error: 'filter not found', field } })
  })

  test('a release to roll back to that does not exist is 422', async () => {
    const body = policy({ action: 'rollback', rollback_artifact_name: 'release-0' })
    for (const response of await Promise.all(everywhere(body)))
      expect(response).toMatchObject({
        status: 422,
        body: { code: 'release_not_found', field: 'failure_policy.rollback_artifact_name' },
      })
  })

  test.each([
    [{ deployment_id: 'nothing', outcome: 'failed' }, 'devices_of.deployment_id'],
    [{ deployment_id: 'nothing' }, 'devices_of.outcome'],
    [{ deployment_id: 'nothing', outcome: 'succeeded' }, 'devices_of.outcome'],
  ])('devices of another deployment: %j', async (devices_of, field) => {
    for (const path of [V1, `${V2}/preview`])
      expect(await api.post(path, { ...common, devices_of })).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining(`${field}: `), field },
      })
  })

  test('devices of another deployment together with other devices', async () => {
    const devices_of = { deployment_id: await deploy(api, { devices: ids }), outcome: 'not_reached' }
    for (const more of [{ devices: ids }, { all_devices: true }])
      expect(await api.post(V1, { ...common, devices_of, ...more })).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining('devices_of: cannot be used together with devices or all_devices') },
      })
    expect(await api.post(`${V1}/group/fleet`, { ...common, devices_of })).toMatchObject({ status: 400 })
  })
})

/** A body for each member. */
const MEMBERS: Record<string, Body> = {
  recipe: { recipe: 'normal' },
  gate: { gate: { success_percent: 90 } },
  failure_policy: { failure_policy: { max_failures: 5 } },
  confirm_within_minutes: { confirm_within_minutes: 60 },
  max_in_flight: { max_in_flight: 5 },
  max_in_flight_percent: { max_in_flight_percent: 5 },
  offers_per_minute: { offers_per_minute: 5 },
  order: { order: 'random' },
  no_downgrade: { no_downgrade: true },
  exclude: { exclude: { device_ids: ['a'] } },
  windows: { windows: [{ from: '01:00', to: '05:00' }] },
  time_zone: { windows: [{ from: '01:00', to: '05:00' }], time_zone: 'Europe/Berlin' },
  blackouts: { blackouts: [{ from: '2026-12-20', to: '2027-01-02' }] },
  'phases.device_ids': { phases: [{ device_ids: ['a'] }] },
  'phases.filter_id': { phases: [{ filter_id: 'a' }] },
  'phases.gate': { phases: [{ gate: { success_percent: 95 } }] },
}

describe.each(['os', 'professional'] as const)('a tenant of the plan %s', (plan) => {
  const poor = useTenant(server, plan)
  let devices: string[]
  beforeAll(async () => {
    await uploadTestArtifact(poor.api, { name: 'release-1' })
    devices = (await enrol(server, poor, 2)).map(({ id }) => id)
    await poor.api.patch('/api/management/v1/inventory/groups/fleet/devices', devices)
  })

  test.each(Object.keys(MEMBERS))('cannot use %s', async (member) => {
    const before = await dump(server.env.db, poor.tenant_id)
    for (const [path, target] of [
      [V1, { devices }],
      [`${V1}/group/fleet`, {}],
      [`${V2}/preview`, { devices }],
    ] as const)
      expect(await poor.api.post(path, { ...common, ...target, ...MEMBERS[member] })).toMatchObject({
        status: 403,
        body: { error: 'Feature not available in your Plan.' },
      })
    expect(await dump(server.env.db, poor.tenant_id)).toEqual(before)
  })

  test('may send null for each of them', async () => {
    const nulls = Object.fromEntries(
      Object.keys(MEMBERS)
        .filter((name) => !name.includes('.'))
        .map((name) => [name, null]),
    )
    const phases = [{ batch_size: 100, device_ids: null, filter_id: null, gate: null }]
    const id = await deploy(poor.api, { devices, ...nulls, phases })
    const { body } = await poor.api.get(`${V1}/${id}`)
    for (const name of Object.keys(nulls)) expect(body).not.toHaveProperty(name)
    expect(body).toMatchObject({ status: 'pending', rollout: { state: 'running' } })
  })
})
