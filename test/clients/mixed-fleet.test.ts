import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { noise, uploadFile } from '../support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, show, statistics, V1 } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { accept, addDevice, enableDdi, reportedBy, uploadPlain, waitForPending } from './ddi-tenant.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { writeScriptArtifact } from './mender-artifact.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, scratchDirectory } from './programs.ts'
import { obstacleToRaucHawkbit, type RaucHawkbit, startRaucHawkbit } from './rauc-hawkbit.ts'
import { makeSigner, type Signer, writeSwu } from './swu.ts'
import { type Swupdate, startSwupdate } from './swupdate.ts'

const PATIENCE = { timeout: 300_000, interval: 2000 }
const MENDER_DEVICES = [
  { name: 'mender-canary', inventory: { ring: 'canary' } },
  { name: 'mender-other', inventory: { ring: 'production' } },
]
const SWUPDATE_DEVICES = [
  { name: 'swupdate-canary', ring: 'canary' },
  { name: 'swupdate-other', ring: 'production' },
]
/** Its only attribute is an address, so it is no canary. */
const RAUC_DEVICE = 'rauc-other'
const SWU_SCRIPT = '#!/bin/sh\n[ "$1" = preinst ] || echo installed >> "$MUSTER_DEVICE_DIR/installed"\nexit 0\n'

const dir = scratchDirectory()
const obstacle = await obstacleToRaucHawkbit(dir)
if (obstacle && process.env.CI) throw new Error(`In CI the real clients must run: ${obstacle}`)

describeClients(['mender', 'mender-artifact', 'swupdate', 'cpio', 'openssl'], { root: true }, () => {
  const opened: AsyncDisposable[] = []
  const ids = new Map<string, string>()
  const swupdates: Swupdate[] = []
  let server: TestServer
  let tenant: TestTenant
  let fleet: Fleet
  let rauc: RaucHawkbit | undefined
  let signer: Signer
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    opened.push(await installHooks())
    fleet = await startFleet(dir, { server, tenant, members: MENDER_DEVICES })
    opened.push(fleet)
    await fleet.letIn()
    for (const { name } of MENDER_DEVICES) ids.set(name, fleet.id(name))
    signer = await makeSigner(dir)
    await startDdiDevices()
    await uploadAll()
  }, 540_000)
  afterAll(async () => {
    await expectCountersToEqualRows(server.env.db)
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  async function startDdiDevices() {
    const { api, tenant_id } = tenant
    const token = ['-g', await enableDdi(api, { default_device_type: 'rauc-board' })] as const
    for (const { name, ring } of SWUPDATE_DEVICES) {
      const attributes = { device_type: 'swu-board', ring }
      const where = { name, url: server.url, tenant: tenant_id, token, signer, attributes }
      const device = await startSwupdate(dir, { ...where, after_installation: 'success' })
      opened.push(device)
      swupdates.push(device)
      const id = await waitForPending(api, name, device.log)
      await accept(api, id)
      ids.set(name, id)
      await vi.waitFor(async () => expect(await reportedBy(api, id)).toMatchObject(attributes), PATIENCE)
    }
    if (obstacle) return
    const added = await addDevice(api, RAUC_DEVICE)
    ids.set(RAUC_DEVICE, added.device_id)
    const where = { url: server.url, tenant: tenant_id, target_token: added.token, mac: '02:00:00:00:00:01' }
    rauc = await startRaucHawkbit(dir, { name: RAUC_DEVICE, ...where })
    opened.push(rauc)
    const reported = { device_type: 'rauc-board' }
    await vi.waitFor(async () => expect(await reportedBy(api, added.device_id)).toMatchObject(reported), PATIENCE)
  }

  /** One release of three files. */
  async function uploadAll() {
    const { api } = tenant
    await uploadFile(api, await readFile(await writeScriptArtifact(dir, 'mixed', '#!/bin/sh\nexit 0\n')))
    const swu = await writeSwu(dir, signer, { name: 'mixed', version: '1', script: SWU_SCRIPT })
    await uploadPlain(api, swu, { name: 'mixed', device_types_compatible: 'swu-board' })
    const bundle = join(dir, 'mixed.raucb')
    await writeFile(bundle, noise(50_000))
    await uploadPlain(api, bundle, { name: 'mixed', device_types_compatible: 'rauc-board' })
  }

  test('a release for all kinds of clients goes out to them in two phases', { timeout: 360_000 }, async () => {
    const { api } = tenant
    const types = ['qemux86-64', 'swu-board', 'rauc-board']
    const everyone = await saveFilter(api, inventoryTerm('device_type', types, '$in'))
    const canaries = await saveFilter(api, inventoryTerm('ring', 'canary'))
    const id = await deploy(api, {
      ...{ artifact_name: 'mixed', filter_id: everyone, max_devices: ids.size },
      phases: [{ filter_id: canaries, gate: { success_percent: 100 } }, {}],
    })
    await vi.waitFor(async () => {
      fleet.poll()
      expect((await show(api, id)).status).toBe('finished')
    }, PATIENCE)
    expect(await statistics(api, id)).toEqual({ success: ids.size })
    expect((await show(api, id)).phases).toMatchObject([{ device_count: 2 }, { device_count: ids.size - 2 }])
    await expectCanariesFirst(id)
    for (const one of fleet.clients) expect(await one.showArtifact()).toBe('mixed')
    for (const device of swupdates) {
      expect(await device.lines('installed')).toEqual(['installed'])
      expect(device.restarts()).toBe(1)
    }
    if (rauc) expect(await rauc.installed()).toHaveLength(1)
  })

  async function expectCanariesFirst(deployment_id: string) {
    const { body } = await tenant.api.get(`${V1}/${deployment_id}/devices/list`)
    const devices = body as { id: string; created: string; finished: string }[]
    const of = (isCanary: boolean) => {
      const chosen = [...ids].filter(([name]) => name.endsWith('canary') === isCanary).map(([, id]) => id)
      return devices.filter(({ id }) => chosen.includes(id))
    }
    const last =
      of(true)
        .map(({ finished }) => finished)
        .sort()
        .at(-1) ?? ''
    for (const { created } of of(false)) expect(created >= last).toBe(true)
  }
})
