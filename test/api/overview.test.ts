import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { noteQuiet } from '../../src/deployments/upkeep/note-quiet.ts'
import { sampleFleets } from '../../src/inventory/devices/sample-fleet.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authOf } from '../support/auth.ts'
import { setCheckIn } from '../support/check-in.ts'
import { deploy, inventoryTerm, pollInTurn, reportAll, saveFilter } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { startServer, type TestTenant } from '../support/server.ts'
import { addUser } from '../support/users.ts'
import { makeWorld, ROLES, type World } from '../support/world.ts'

const LOGIN = '/api/management/v1/useradm/auth/login'
const FLEET = '/api/management/v2/inventory/fleet'
const OVERVIEW = '/api/management/v2/deployments/overview'
const HOUR = 60 * 60 * 1000
const NOBODY = { accepted: 0, pending: 0, rejected: 0, preauthorized: 0, noauth: 0 }
const NEVER = { hour: 0, day: 0, week: 0, longer: 0, never: 0 }

const server = useServer()
let world: World
let fresh: TestTenant
beforeAll(async () => {
  world = await makeWorld(server)
  fresh = await server.tenant()
})

/** The view of a user whose role is limited to the group of one of the two accepted devices. */
async function limited() {
  const permission_sets_with_scope = [{ name: 'ReadDevices', scope: { type: 'DeviceGroups', value: [world.group] } }]
  await world.tenant.api.post(ROLES, { name: 'crew', description: '', permission_sets_with_scope })
  return (await addUser(server, world.tenant, ['crew'])).api
}

describe('the fleet in numbers', () => {
  test('contains only zeros for a new tenant, independent of other tenants', async () => {
    expect(await fresh.api.get(FLEET)).toMatchObject({
      status: 200,
      body: {
        by_status: NOBODY,
        by_last_report: NEVER,
        silent: 0,
        shared_identities: { count: 0, device_ids: [] },
        software: { versions: [], others: 0, other_versions: 0, unknown: 0 },
      },
    })
  })

  test('counts devices by status, and accepted ones by their last report and software', async () => {
    const { body } = await world.tenant.api.get(FLEET)
    expect(body).toMatchObject({
      by_status: { accepted: 4, pending: 1, rejected: 1, preauthorized: 2, noauth: 1 },
      by_last_report: { ...NEVER, hour: 4 },
      software: { versions: [{ artifact_name: 'ddi-1', count: 1 }], others: 0, unknown: 3 },
    })
  })

  test('counts only the devices in the scope of the role', async () => {
    const { body } = await (await limited()).get(FLEET)
    expect(body).toMatchObject({ by_status: { ...NOBODY, accepted: 1 }, by_last_report: { ...NEVER, hour: 1 } })
  })

  test('counts each device in one age only', async () => {
    const tenant = await server.tenant()
    const devices = await enrol(server, tenant, 5)
    const ages = ['59 minutes', '61 minutes', '6 days', '8 days', null]
    for (const [i, age] of ages.entries())
      await setCheckIn(server.env.db, devices[i]!.id, age === null ? null : sql`now() - ${age}::interval`)
    const { body } = await tenant.api.get(FLEET)
    expect(body.by_last_report).toEqual({ hour: 1, day: 1, week: 1, longer: 1, never: 1 })
  })

  test('counts as silent the devices without a report for a week, if they are at least a week old', async () => {
    const clock = await startServer()
    try {
      const tenant = await clock.tenant()
      const [seen, unseen] = [await enrol(clock, tenant, 2), await enrol(clock, tenant, 1)]
      await setCheckIn(clock.env.db, unseen[0]!.id, null)
      const authorization = `Basic ${btoa(`${tenant.email}:${tenant.password}`)}`
      const logIn = async () =>
        openApi(clock.url, (await openApi(clock.url).post(LOGIN, undefined, { authorization })).text)
      // Sessions expire before devices become silent.
      const silent = async () => (await (await logIn()).get(FLEET)).body
      expect(await silent()).toMatchObject({ by_last_report: { hour: 2, never: 1 }, silent: 0 })
      clock.advance(6 * 24 * HOUR)
      expect(await silent()).toMatchObject({ silent: 0 })
      clock.advance(25 * HOUR)
      expect(await silent()).toMatchObject({ by_last_report: { longer: 2, never: 1 }, silent: 3 })
      const api = await logIn()
      const [late] = await enrol(clock, { ...tenant, api }, 1)
      await setCheckIn(clock.env.db, late!.id, null)
      const auth_set = (await api.get(`/api/management/v2/devauth/devices/${seen[0]?.id}`)).body.auth_sets[0].id
      for (const status of ['rejected', 'accepted'])
        await api.put(`/api/management/v2/devauth/devices/${seen[0]?.id}/auth/${auth_set}/status`, { status })
      clock.advance(HOUR)
      expect(await silent()).toMatchObject({ by_last_report: { longer: 2, never: 2 }, silent: 2 })
    } finally {
      await clock[Symbol.asyncDispose]()
    }
  })

  test('returns the eight most frequent versions and counts the others', async () => {
    const tenant = await server.tenant()
    await enrol(server, tenant, 13, (i) => (i === 12 ? {} : { artifact_name: i < 3 ? 'common' : `version-${i}` }))
    const { software } = (await tenant.api.get(FLEET)).body
    expect(software.versions).toHaveLength(8)
    expect(software.versions.slice(0, 3)).toEqual([
      { artifact_name: 'common', count: 3 },
      { artifact_name: 'version-10', count: 1 },
      { artifact_name: 'version-11', count: 1 },
    ])
    expect(software).toMatchObject({ others: 2, other_versions: 2, unknown: 1 })
  })

  test('simultaneous requests return the same, and a change is visible soon', async () => {
    const tenant = await server.tenant()
    const responses = await Promise.all(Array.from({ length: 20 }, () => tenant.api.get(FLEET)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    await enrol(server, tenant, 1)
    await expect.poll(async () => (await tenant.api.get(FLEET)).body.by_status.accepted).toBe(1)
  })
})

describe('the overview of deployments', () => {
  test('is empty for a new tenant, independent of other tenants', async () => {
    const body = { total: 0, scheduled: 0, pending: 0, inprogress: 0, running: [], troubles: [], troubled: 0 }
    expect(await fresh.api.get(OVERVIEW)).toMatchObject({ status: 200, body })
  })

  test('lists the running deployments, newest first', async () => {
    const { body } = await world.tenant.api.get(OVERVIEW)
    expect(body).toMatchObject({ total: 8, scheduled: 0, pending: 4, inprogress: 1, troubled: 0 })
    expect(body.running.map(({ name }: { name: string }) => name)).toEqual([
      'ddi-2',
      'gated',
      'grouped',
      'phased',
      'running',
    ])
  })

  test('lists for a limited role only deployments to its groups', async () => {
    const { body } = await (await limited()).get(OVERVIEW)
    expect(body).toMatchObject({ total: 1, pending: 1, inprogress: 0, running: [{ name: 'grouped' }] })
  })
})

describe('the list of deployments that need attention', () => {
  test('contains running deployments with failures, and those without a report for a day', async () => {
    const clock = await startServer()
    try {
      const tenant = await clock.tenant()
      await uploadTestArtifact(tenant.api, { name: 'release-1' })
      const devices = await enrol(clock, tenant, 4, { foo: 'foo', device_type: 'qemux86-64' })
      const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
      const id = await deploy(tenant.api, { name: 'shaky', filter_id })
      await pollInTurn(devices.slice(0, 3))
      await reportAll(devices.slice(0, 1), id, 'failure')
      await reportAll(devices.slice(1, 2), id, 'success')
      const waiting = await deploy(tenant.api, { name: 'waiting', devices: [devices[3]!.id] })
      await deploy(tenant.api, { name: 'open', filter_id, max_devices: 1 })
      await deploy(tenant.api, { name: 'later', filter_id, phases: [{ start_ts: '2040-01-01T00:00:00Z' }] })
      const shaky = {
        ...{ id, name: 'shaky', artifact_name: 'release-1', severity: 'critical', weight: expect.any(Number) },
        ...{ failure: 1, noartifact: 0, ended: 2, outstanding: 1 },
      }
      const before = (await tenant.api.get(OVERVIEW)).body
      expect(before).toMatchObject({ scheduled: 1, troubled: 1 })
      expect(before.troubles).toEqual([shaky])

      clock.advance(25 * HOUR)
      const { body } = await tenant.api.get(OVERVIEW)
      expect(body.troubles).toEqual([
        { ...shaky, stuck_since: expect.any(String) },
        {
          ...{ ...shaky, id: waiting, name: 'waiting', severity: 'warning' },
          ...{ failure: 0, ended: 0, stuck_since: expect.any(String) },
        },
      ])

      await devices[2]!.report(id, 'installing')
      const after = (await tenant.api.get(OVERVIEW)).body
      expect(after.troubles[0]).toEqual(shaky)

      const others = await enrol(clock, tenant, 6, { device_type: 'qemux86-64' })
      const slow = await deploy(tenant.api, { name: 'slow', devices: others.map((one) => one.id) })
      await pollInTurn(others)
      await reportAll(others, slow, 'installing')
      clock.advance(2 * 60 * 1000)
      await reportAll(others.slice(0, 5), slow, 'success')
      const late = async () =>
        (await tenant.api.get(OVERVIEW)).body.troubles.find(({ name }: { name: string }) => name === 'slow')
      clock.advance(17 * 60 * 1000)
      expect(await late()).toBeUndefined()
      clock.advance(2 * 60 * 1000)
      expect(await late()).toMatchObject({ severity: 'warning', late: { count: 1, usual_seconds: expect.any(Number) } })
    } finally {
      await clock[Symbol.asyncDispose]()
    }
  })
})

test('the overview knows of each tenant since when nothing needs attention', async () => {
  const [tenant, other] = [await server.tenant(), await server.tenant()]
  await enrol(server, tenant, 1)
  await uploadTestArtifact(other.api, { name: 'release-1' })
  const [failing, waiting] = (await enrol(server, other, 2)) as [SimulatedDevice, SimulatedDevice]
  const id = await deploy(other.api, { devices: [failing.id, waiting.id] })
  await pollInTurn([failing, waiting])
  await reportAll([failing], id, 'failure')
  const going = new AbortController().signal
  const quietSince = async () =>
    Promise.all([tenant, other].map(async ({ api }) => (await api.get(OVERVIEW)).body.quiet_since))
  const afterMinutes = async (minutes: number) => {
    server.advance(minutes * 60 * 1000)
    await sampleFleets(server.env, going)
    await noteQuiet(server.env, going)
    return quietSince()
  }
  const ANY = expect.any(String)
  expect(await quietSince()).toEqual([undefined, undefined])
  const [since] = await afterMinutes(0)
  expect(await quietSince()).toEqual([ANY, undefined])
  await reportAll([waiting], id, 'success')
  expect(await afterMinutes(6)).toEqual([since, ANY])
  await authOf(server, tenant).waiting()
  await server.env.db.transaction(async (tx) => {
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant.tenant_id} for no key update`)
    expect(await afterMinutes(6)).toEqual([since, ANY])
  })
  expect(await afterMinutes(1)).toEqual([undefined, ANY])
  await server.env.db.query(sql`
    update auth_sets set shared_at = now() where tenant_id = ${other.tenant_id} and device_id = ${waiting.id}`)
  expect(await afterMinutes(1)).toEqual([undefined, undefined])
})
