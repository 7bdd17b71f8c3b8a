import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { deploy, pollInTurn, reportAll, show, V1, V2 } from '../support/deploy.ts'
import { makeFleet } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const others = (n: number) => Array.from({ length: n }, () => randomUUID())

/** Longer than what is parsed at once, and than what one statement stores. */
const MANY = 12_000

describe('a deployment to a list of 12,000 devices', () => {
  test('is for each of them once, in whatever case their ids are', async () => {
    const { tenant, devices, ids } = await makeFleet(server, 3)
    const [first, second] = ids as [string, string, string]
    const strangers = others(MANY)
    const listed = [first.toUpperCase(), ...strangers, 'not a UUID, [or] "so"', second, first, ...strangers.slice(0, 5)]
    const id = await deploy(tenant.api, { devices: listed })
    expect(await show(tenant.api, id)).toMatchObject({ max_devices: MANY + 3, initial_device_count: MANY + 3 })
    const expected = [first, second, ...strangers, 'not a UUID, [or] "so"'].sort()
    expect((await tenant.api.get(`${V1}/${id}/device_list`)).body).toEqual(expected)
    expect(await pollInTurn(devices)).toEqual([200, 200, 204])
    await reportAll(devices.slice(0, 2), id, 'success')
    expect(await show(tenant.api, id)).toMatchObject({ status: 'inprogress', device_count: 2 })
  })

  test('leaves out what it excludes, and counts the devices of its phases', async () => {
    const { tenant, devices, ids } = await makeFleet(server, 3)
    const [first, second] = ids as [string, string, string]
    const strangers = others(MANY)
    const id = await deploy(tenant.api, {
      devices: [...strangers, ...ids],
      exclude: { device_ids: [second, strangers[0], strangers.at(-1)] },
      phases: [{ device_ids: [first] }, { start_ts: server.env.now().toISOString() }],
    })
    expect(await show(tenant.api, id)).toMatchObject({
      initial_device_count: MANY,
      phases: [{ capacity: 1 }, { capacity: MANY - 1 }],
    })
    expect(await pollInTurn(devices)).toEqual([200, 204, 200])
  })

  test('is previewed as it would be created', async () => {
    const { tenant, ids } = await makeFleet(server, 3)
    const body = { name: 'n', artifact_name: 'release-1', devices: [...others(MANY), ...ids, ...ids] }
    expect(await tenant.api.post(`${V2}/preview`, body)).toMatchObject({
      status: 200,
      body: { device_count: MANY + 3, max_devices: MANY + 3, unknown: MANY },
    })
  })

  test.each<[string, unknown[], string]>([
    ['an id is empty', [''], `devices.${MANY}: cannot be blank`],
    ['an id is too long', ['x'.repeat(257)], `devices.${MANY}: must NOT have more than 256 characters`],
    ['an id is no text', [7], `devices.${MANY}: must be string`],
  ])('is refused with its position if %s', async (_what, last, problem) => {
    const { tenant } = await makeFleet(server, 0)
    const body = { name: 'n', artifact_name: 'release-1', devices: [...others(MANY), ...last] }
    expect(await tenant.api.post(V1, body)).toMatchObject({
      status: 400,
      body: { error: `Validating request body: ${problem}.` },
    })
  })

  test('is refused if it names all devices as well, or if another member is not valid', async () => {
    const { tenant } = await makeFleet(server, 0)
    const create = (members: object) =>
      tenant.api.post(V1, { name: 'n', artifact_name: 'release-1', devices: others(MANY), ...members })
    expect(await create({ all_devices: true })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('list of devices provided togheter with all_devices flag') },
    })
    expect(await create({ name: '' })).toMatchObject({ status: 400, body: { error: expect.stringContaining('name') } })
    expect((await tenant.api.get(V1)).body).toEqual([])
  })
})
