import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DdiUpdateOptions, runDdiUpdate } from '../src/simulate/run-ddi-update.ts'
import { start } from './support/command.ts'
import { enrolDdi, gatewayOf } from './support/ddi.ts'
import { abort, deploy, inventoryTerm, saveFilter, statistics, V1 } from './support/deploy.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { runHere } from './support/run-here.ts'
import { uploadMixed } from './support/twins.ts'

const DEVAUTH = '/api/management/v2/devauth/devices'

const server = useServer()
const tenant = useTenant(server)
let scratch: string
let gateway: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-simulate-ddi-'))
  gateway = await gatewayOf(tenant, { accepts_devices: false, polling_interval_s: 10, busy_polling_interval_s: 5 })
  await uploadMixed(tenant.api, 'release-1')
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const env = () => ({ MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: scratch })
const options = () => [
  ...['--tenant', tenant.tenant_id, '--tenant-token', tenant.tenant_token, '--device-type', 'qemux86-64'],
  ...['--gateway-token', gateway.split(' ')[1]!],
]
const deployTo = async (site: string) =>
  deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('site', site)) })
const dialects = async () =>
  (await tenant.api.get(`${DEVAUTH}?per_page=500`)).body.map(({ dialect }: { dialect: string }) => dialect).sort()

test('devices of both dialects are accepted, and install one deployment', async () => {
  const mixed = ['--count', '4', '--dialect', 'mixed', '--interval', '1s', '--attribute', 'site=plant']
  const running = start(['simulate', 'devices', ...mixed, ...options()], env())
  try {
    await expect.poll(dialects, { timeout: 180_000 }).toEqual(['ddi', 'ddi', 'mender', 'mender'])
    expect(await runHere(['devices', 'accept', '--all-pending'], env())).toMatchObject({ code: 0, stderr: '' })
    const id = await deployTo('plant')
    await expect.poll(() => statistics(tenant.api, id), { timeout: 180_000 }).toEqual({ success: 4 })
    const { body } = await tenant.api.get(`${DEVAUTH}?per_page=500`)
    const ddi = body.find(({ dialect }: { dialect: string }) => dialect === 'ddi')
    const shown = JSON.parse((await runHere(['ddi', 'show', ddi.id, '--json'], env())).stdout)
    expect(shown.action).toMatchObject({ deployment_id: id, downloaded: true, closed: expect.any(String) })
  } finally {
    running.kill('SIGTERM')
  }
})

async function simulate(site: string) {
  await gatewayOf(tenant, { polling_interval_s: 10, busy_polling_interval_s: 5 })
  return enrolDdi(server, tenant, { authorization: gateway, data: { device_type: 'qemux86-64', site } })
}

const behaviour = (changes: Partial<DdiUpdateOptions> = {}): DdiUpdateOptions => ({
  ...{ attributes: () => ({ device_type: 'qemux86-64' }), fails: () => false, ...changes },
})

test('a simulated device polls as often as the server asks, and sends its log if the installation fails', async () => {
  const device = await simulate('failing')
  const idle = await runDdiUpdate(device, behaviour())
  expect(idle).toMatchObject({ outcome: 'nothing' })
  expect(idle.sleep_ms).toBeGreaterThanOrEqual(9000)
  expect(idle.sleep_ms).toBeLessThanOrEqual(11_000)
  const id = await deployTo('failing')
  expect(await runDdiUpdate(device, behaviour({ fails: (release) => release === 'release-1' }))).toMatchObject({
    outcome: 'failure',
  })
  expect(await statistics(tenant.api, id)).toEqual({ failure: 1 })
  const log = (await tenant.api.get(`${V1}/${id}/devices/${device.id}/log`)).text
  expect(log).toContain('no space left on device')
})

test('a simulated device whose deployment is aborted during the installation acknowledges it', async () => {
  const device = await simulate('aborted')
  const id = await deployTo('aborted')
  const installing = runDdiUpdate(device, behaviour({ step_ms: 500 }))
  await expect.poll(() => statistics(tenant.api, id)).toMatchObject({ installing: 1 })
  await abort(tenant.api, id)
  expect(await installing).toMatchObject({ outcome: 'stopped' })
  const { body } = await tenant.api.get(`/api/management/v2/ddi/devices/${device.id}`)
  expect(body.action).toMatchObject({ deployment_id: id, closed: expect.any(String) })
  expect(await runDdiUpdate(device, behaviour())).toMatchObject({ outcome: 'nothing' })
})

test('a simulated device with a wrong token is refused', async () => {
  const device = await simulate('refused')
  device.authorization = 'GatewayToken of-another-tenant'
  expect(await runDdiUpdate(device, behaviour())).toEqual({ outcome: 'refused' })
})

test('a load of devices that speak DDI is accepted, polls, installs and fails, and is timed', async () => {
  await gatewayOf(tenant, { accepts_devices: false })
  const id = await deployTo('lab')
  const load = ['--devices', '16', '--dialect', 'ddi', '--interval', '1s', '--duration', '15s', '--accept', '--json']
  const { code, stdout, stderr } = await runHere(
    ['simulate', 'load', ...load, '--attribute', 'site=lab', '--failure-rate', '0.5', ...options()],
    env(),
  )
  expect([code, stderr]).toEqual([0, ''])
  const { kinds, errors } = JSON.parse(stdout)
  expect(errors).toEqual({})
  expect(Object.keys(kinds).sort()).toEqual(['action', 'inventory', 'poll', 'status'])
  const { success = 0, failure = 0 } = await statistics(tenant.api, id)
  expect(Math.min(success, failure)).toBeGreaterThan(0)
  await expectCountersToEqualRows(server.env.db)
})
