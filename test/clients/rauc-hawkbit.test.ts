import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { noise } from '../support/artifact.ts'
import { abort, deploy, show, statistics, V1 } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { rare } from '../support/sample.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { addDevice, ddiDevice, enableDdi, reportedBy, uploadPlain } from './ddi-tenant.ts'
import { scratchDirectory } from './programs.ts'
import { obstacleToRaucHawkbit, type RaucHawkbit, startRaucHawkbit } from './rauc-hawkbit.ts'

const PATIENCE = { timeout: 180_000, interval: 300 }
const dir = scratchDirectory()
const problem = await obstacleToRaucHawkbit(dir)
if (problem && process.env.CI) throw new Error(`In CI the real clients must run: ${problem}`)
if (problem) process.stderr.write(`Skipped: the tests with rauc-hawkbit; ${problem}\n`)

describe.skipIf(problem)('rauc-hawkbit', () => {
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let device: RaucHawkbit
  let id: string
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    await enableDdi(tenant.api, { gateway_token: false, default_device_type: 'rauc-board' })
    const added = await addDevice(tenant.api, 'rauc-1')
    id = added.device_id
    const target = { tenant: tenant.tenant_id, target_token: added.token, mac: '02:00:00:00:00:01' }
    device = await startRaucHawkbit(dir, { name: 'rauc-1', url: server.url, ...target })
    opened.push(device)
  })
  afterEach(() => expectCountersToEqualRows(server.env.db))
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  /** Uploads a bundle and returns its SHA-256. */
  async function upload(name: string): Promise<string> {
    const path = join(dir, `${name}.raucb`)
    await writeFile(path, noise(50_000))
    await uploadPlain(tenant.api, path, { name, device_types_compatible: 'rauc-board', version: '1' })
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  }
  const finished = (deployment: string) =>
    vi.waitFor(async () => expect(await show(tenant.api, deployment)).toMatchObject({ status: 'finished' }), PATIENCE)

  test('reports its attributes', async () => {
    const attributes = { MAC: '02:00:00:00:00:01', device_type: 'rauc-board' }
    await vi.waitFor(async () => expect(await reportedBy(tenant.api, id)).toMatchObject(attributes), PATIENCE)
  })

  test('installs a bundle', async () => {
    const sha256 = await upload('rauc-1')
    const deployment = await deploy(tenant.api, { artifact_name: 'rauc-1', devices: [id] })
    await finished(deployment)
    expect(await statistics(tenant.api, deployment)).toEqual({ success: 1 })
    expect(await device.installed()).toEqual([sha256])
  })

  test('attempts a failed installation again', async () => {
    const sha256 = await upload('rauc-2')
    await device.set('fail', true)
    const deployment = await deploy(tenant.api, { artifact_name: 'rauc-2', devices: [id], retries: 1 })
    const first = await vi.waitFor(async () => {
      const { action } = await ddiDevice(tenant.api, id)
      expect(action).toMatchObject({ deployment_id: deployment, attempt: 1, closed: expect.any(String) })
      return action.id
    }, PATIENCE)
    const { text: log } = await tenant.api.get(`${V1}/${deployment}/devices/${id}/log`)
    expect(log).toContain('the slot is worn out')
    await device.set('fail', false)
    await finished(deployment)
    expect(await statistics(tenant.api, deployment)).toEqual({ success: 1 })
    const { action } = await ddiDevice(tenant.api, id)
    expect(action).toMatchObject({ attempt: 2 })
    expect(action.id).toBeGreaterThan(first)
    expect((await device.installed()).at(-1)).toBe(sha256)
  })

  rare('installs again after a power failure', async () => {
    const sha256 = await upload('rauc-power')
    await device.set('slow', true)
    const deployment = await deploy(tenant.api, { artifact_name: 'rauc-power', devices: [id] })
    await vi.waitFor(async () => expect(await statistics(tenant.api, deployment)).toEqual({ installing: 1 }), PATIENCE)
    const { action } = await ddiDevice(tenant.api, id)
    await device.crash()
    await device.set('slow', false)
    await finished(deployment)
    expect(await statistics(tenant.api, deployment)).toEqual({ success: 1 })
    expect((await ddiDevice(tenant.api, id)).action).toMatchObject({ id: action.id, attempt: 1 })
    expect((await device.installed()).at(-1)).toBe(sha256)
  })

  rare('refuses to cancel an installation, whose end the server records', async () => {
    const sha256 = await upload('rauc-3')
    await device.set('slow', true)
    const deployment = await deploy(tenant.api, { artifact_name: 'rauc-3', devices: [id] })
    await vi.waitFor(async () => expect(await statistics(tenant.api, deployment)).toEqual({ installing: 1 }), PATIENCE)
    await abort(tenant.api, deployment)
    await vi.waitFor(async () => expect((await device.installed()).at(-1)).toBe(sha256), PATIENCE)
    const installed = { artifact_name: 'rauc-3' }
    await vi.waitFor(async () => expect(await reportedBy(tenant.api, id)).toMatchObject(installed), PATIENCE)
    expect(await device.log()).toContain('Rejecting cancelation request')
    expect(await statistics(tenant.api, deployment)).toEqual({ aborted: 1 })
    const { text: log } = await tenant.api.get(`${V1}/${deployment}/devices/${id}/log`)
    expect(log).toContain('Cancelling not supported')
  })
})
