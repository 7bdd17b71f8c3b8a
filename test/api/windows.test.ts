import { expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, inventoryTerm, pollInTurn, saveFilter, show, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'

const server = useServer()

const HOUR_MS = 3_600_000
const BY_ATTRIBUTE = { attribute: 'timezone', scope: 'inventory', fallback: 'UTC' }
/** The first is 9 hours ahead of UTC; the third is none. */
const ZONES = ['Asia/Tokyo', 'UTC', 'Mars/Olympus']

async function fleet() {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const provides = { device_type: 'qemux86-64', artifact_name: 'factory' }
  const devices = await enrol(server, tenant, ZONES.length, (i) => ({ ...provides, timezone: ZONES[i] as string }))
  return { tenant, devices, ids: devices.map(({ id }) => id) }
}

const inHours = (hours: number) => new Date(server.env.now().getTime() + hours * HOUR_MS).toISOString()
/** What clocks of UTC show after these hours. */
const clockIn = (hours: number) => inHours(hours).slice(11, 16)

test('devices are offered the update when it is time in their zone, or in the fallback', async () => {
  const { tenant, devices, ids } = await fleet()
  const windows = [{ from: clockIn(8), to: clockIn(10) }]
  const id = await deploy(tenant.api, { devices: ids, windows, time_zone: BY_ATTRIBUTE })
  expect(await show(tenant.api, id)).toMatchObject({ windows, time_zone: BY_ATTRIBUTE })
  expect(await pollInTurn(devices)).toEqual([200, 204, 204])
  server.advance(9 * HOUR_MS)
  expect(await pollInTurn(devices.slice(1))).toEqual([200, 200])
})

test('a dynamic deployment reads the time zone although its filter does not reference it', async () => {
  const { tenant, devices } = await fleet()
  const filter_id = await saveFilter(tenant.api, inventoryTerm('device_type', 'qemux86-64'))
  await deploy(tenant.api, { filter_id, windows: [{ from: clockIn(8), to: clockIn(10) }], time_zone: BY_ATTRIBUTE })
  expect(await pollInTurn(devices)).toEqual([200, 204, 204])
})

test('a device that reports another time zone is offered the update when it is time there', async () => {
  const { tenant, devices, ids } = await fleet()
  const windows = [{ from: clockIn(8), to: clockIn(10) }]
  await deploy(tenant.api, { devices: ids, windows, time_zone: BY_ATTRIBUTE })
  const moving = devices.slice(1, 2)
  expect(await pollInTurn(moving)).toEqual([204])
  await moving[0]?.sendInventory({ device_type: 'qemux86-64', timezone: 'Asia/Seoul' })
  expect(await pollInTurn(moving)).toEqual([200])
})

test('nobody is offered the update during a blackout', async () => {
  const { tenant, devices, ids } = await fleet()
  const blackouts = [{ from: inHours(-48).slice(0, 10), to: inHours(48).slice(0, 10) }]
  const id = await deploy(tenant.api, { devices: ids, blackouts, time_zone: 'Asia/Tokyo' })
  expect(await show(tenant.api, id)).toMatchObject({ blackouts, time_zone: 'Asia/Tokyo' })
  expect(await pollInTurn(devices)).toEqual([204, 204, 204])
})

const NIGHT = { from: '01:00', to: '05:00' }

test.each([
  ['windows.1.days.1', { windows: [NIGHT, { ...NIGHT, days: ['sat', 'sunday'] }] }],
  ['windows.0.to', { windows: [{ from: '01:00' }] }],
  ['windows.0.from', { windows: [{ from: '25:00', to: '05:00' }] }],
  ['time_zone.fallback', { windows: [NIGHT], time_zone: { scope: 'inventory', attribute: 'timezone' } }],
  ['time_zone.scope', { windows: [NIGHT], time_zone: { ...BY_ATTRIBUTE, scope: 'nowhere' } }],
  ['time_zone', { windows: [NIGHT], time_zone: 'Berlin' }],
  ['blackouts.0.to', { blackouts: [{ from: '2026-12-20', to: '2026-12-32' }] }],
])('a wrong value is refused by its name: %s', async (field, members) => {
  const { tenant, ids } = await fleet()
  for (const [path, target] of [
    [V1, { devices: ids }],
    [V2, { filter_id: 'any' }],
  ] as const) {
    const body = { name: 'production', artifact_name: 'release-1', ...target, ...members }
    expect(await tenant.api.post(path, body)).toMatchObject({ status: 400, body: { field } })
  }
})
