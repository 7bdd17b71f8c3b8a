import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { abort, deploy, show, statistics, V1 } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { rare } from '../support/sample.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { accept, addDevice, ddiDevice, enableDdi, reportedBy, uploadPlain, waitForPending } from './ddi-tenant.ts'
import { type DownloadProxy, startDownloadProxy } from './download-proxy.ts'
import { describeClients, scratchDirectory } from './programs.ts'
import { makeSigner, type Signer, writeSwu } from './swu.ts'
import { type Swupdate, type SwupdateOptions, startSwupdate } from './swupdate.ts'

const PATIENCE = { timeout: 270_000, interval: 300 }
const SCRIPT = '#!/bin/sh\n[ "$1" = preinst ] || echo installed >> "$MUSTER_DEVICE_DIR/installed"\nexit 0\n'
/** The first installation on the device `stumbling` fails. */
const STUMBLING = `#!/bin/sh
if [ "$1" = preinst ] && [ "\${MUSTER_DEVICE_DIR##*/}" = stumbling ] && mkdir "$MUSTER_DEVICE_DIR/stumbled"; then
  echo 'the flash is worn out' >&2
  exit 1
fi
${SCRIPT}`
const PADDING = 1_000_000

describeClients(['swupdate', 'cpio', 'openssl'], {}, () => {
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let signer: Signer
  let gateway_token: string
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    gateway_token = await enableDdi(tenant.api)
    signer = await makeSigner(dir)
  })
  afterAll(async () => {
    await expectCountersToEqualRows(server.env.db)
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  async function start(name: string, options: Partial<SwupdateOptions> = {}): Promise<Swupdate> {
    const token = ['-g', gateway_token] as const
    const attributes = { device_type: 'swu-board', ring: 'production', serial: name }
    const device = await startSwupdate(dir, {
      ...{ name, url: server.url, tenant: tenant.tenant_id, token, signer, attributes },
      ...options,
    })
    opened.push(device)
    return device
  }
  /** A device that has been accepted and has reported its attributes. */
  async function enrol(name: string, options: Partial<SwupdateOptions> = {}) {
    const device = await start(name, options)
    const id = await waitForPending(tenant.api, name, device.log)
    await accept(tenant.api, id)
    await vi.waitFor(async () => expect(await reportedBy(tenant.api, id)).toMatchObject({ serial: name }), PATIENCE)
    return { device, id }
  }
  async function startProxy(paths = /\/softwaremodules\//): Promise<DownloadProxy> {
    const proxy = await startDownloadProxy(server.url, paths)
    opened.push(proxy)
    return proxy
  }
  async function upload(name: string, script = SCRIPT, padding = 0) {
    const file = await writeSwu(dir, signer, { name, version: name, script, padding })
    await uploadPlain(tenant.api, file, { name, device_types_compatible: 'swu-board' })
  }
  const finished = (id: string) =>
    vi.waitFor(async () => expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' }), PATIENCE)
  /** Waits until the device has restarted so often. */
  const restarted = (device: Swupdate, times: number) =>
    vi.waitFor(() => expect(device.restarts()).toBe(times), PATIENCE)
  const logOf = async (id: string, device_id: string) =>
    (await tenant.api.get(`${V1}/${id}/devices/${device_id}/log`)).text

  test('a device with a gateway token is pending, and reports its attributes', async () => {
    const device = await start('newcomer', { attributes: { device_type: 'swu-board', serial: 's-1' } })
    const id = await waitForPending(tenant.api, 'newcomer', device.log)
    expect(await ddiDevice(tenant.api, id)).toMatchObject({ controller_id: 'newcomer', has_target_token: false })
    await accept(tenant.api, id)
    await vi.waitFor(
      async () => expect(await reportedBy(tenant.api, id)).toMatchObject({ device_type: 'swu-board', serial: 's-1' }),
      PATIENCE,
    )
    await device.kill()
  })

  test('a failed installation is attempted again, under another number', async () => {
    await upload('heavy', STUMBLING)
    const proxy = await startProxy(/\/deploymentBase\//)
    const { device, id } = await enrol('stumbling', { url: proxy.url, after_installation: 'success' })
    const deployment = await deploy(tenant.api, { artifact_name: 'heavy', devices: [id], retries: 1 })
    await finished(deployment)
    expect(await statistics(tenant.api, deployment)).toEqual({ success: 1 })
    const numbers = new Set(proxy.downloads.map(({ url }) => Number(/deploymentBase\/(\d+)/.exec(url)?.[1])))
    expect(numbers.size).toBe(2)
    expect((await ddiDevice(tenant.api, id)).action).toMatchObject({ attempt: 2, id: Math.max(...numbers) })
    expect(await device.lines('installed')).toEqual(['installed'])
    await device.kill()
  })

  rare(
    'a failed installation ends in failure, with the log of the device',
    {
      timeout: 300_000,
    },
    async () => {
      await upload('broken', "#!/bin/sh\necho 'the flash is worn out' >&2\nexit 1\n")
      const { device, id } = await enrol('failing')
      const deployment = await deploy(tenant.api, { artifact_name: 'broken', devices: [id] })
      await finished(deployment)
      expect(await statistics(tenant.api, deployment)).toEqual({ failure: 1 })
      const log = await logOf(deployment, id)
      expect(log).toContain('the flash is worn out')
      expect(log).toContain('No suitable .swu image found')
      await device.kill()
    },
  )

  rare('an abort reaches a device that downloads', async () => {
    await upload('slow', SCRIPT, PADDING)
    const proxy = await startProxy()
    proxy.bytes_per_s = 50_000
    const { device, id } = await enrol('slow', { url: proxy.url })
    const deployment = await deploy(tenant.api, { artifact_name: 'slow', devices: [id] })
    await vi.waitFor(
      () => expect(proxy.downloads).toContainEqual(expect.objectContaining({ method: 'GET', status: 200 })),
      PATIENCE,
    )
    await abort(tenant.api, deployment)
    await vi.waitFor(async () => expect(await device.log()).toContain('cancel'), PATIENCE)
    await vi.waitFor(async () => {
      const { action } = await ddiDevice(tenant.api, id)
      expect(action).toMatchObject({ deployment_id: deployment, closed: expect.any(String) })
    }, PATIENCE)
    expect(await statistics(tenant.api, deployment)).toEqual({ aborted: 1 })
    expect(await device.lines('installed')).toEqual([])
    await device.kill()
  })

  test('a download goes on after its connection broke', async () => {
    await upload('interrupted', SCRIPT, PADDING)
    const proxy = await startProxy()
    proxy.cut_after = PADDING / 2
    const { device, id } = await enrol('interrupted', {
      ...{ url: proxy.url, after_installation: 'success', options: ['-r', '5', '-w', '1'] },
    })
    const deployment = await deploy(tenant.api, { artifact_name: 'interrupted', devices: [id] })
    await finished(deployment)
    expect(await statistics(tenant.api, deployment), (await device.log()).slice(-4000)).toEqual({ success: 1 })
    expect(proxy.downloads.map(({ method, range, status }) => [method, range, status])).toEqual([
      ['HEAD', undefined, 200],
      ['GET', undefined, 200],
      ['GET', `bytes=${PADDING / 2}-`, 206],
    ])
    for (const { authorization } of proxy.downloads) expect(authorization).toBe(`GatewayToken ${gateway_token}`)
    expect(await device.lines('installed')).toEqual(['installed'])
    await device.kill()
  })

  rare.each([
    { confirmation: 'success', result: { success: 1 } },
    { confirmation: 'failure', result: { failure: 1 } },
  ] as const)(
    'a device that is cut off from power after the installation reports $confirmation when it is back',
    async ({ confirmation, result }) => {
      const name = `cut-off-${confirmation}`
      await upload(name)
      const { device, id } = await enrol(name)
      const deployment = await deploy(tenant.api, { artifact_name: name, devices: [id] })
      await restarted(device, 1)
      expect(await statistics(tenant.api, deployment)).toEqual({ installing: 1 })
      const { action } = await ddiDevice(tenant.api, id)
      await device.start(confirmation)
      await finished(deployment)
      expect(await statistics(tenant.api, deployment)).toEqual(result)
      expect((await ddiDevice(tenant.api, id)).action).toMatchObject({ id: action.id, closed: expect.any(String) })
      expect(await device.lines('installed')).toEqual(['installed'])
      await device.kill()
    },
  )

  rare('an abort after the installation leaves a device that goes on', { timeout: 360_000 }, async () => {
    await upload('late-abort')
    await upload('after-abort')
    const { device, id } = await enrol('late-abort')
    const aborted = await deploy(tenant.api, { artifact_name: 'late-abort', devices: [id] })
    await restarted(device, 1)
    await abort(tenant.api, aborted)
    await device.start('success')
    await vi.waitFor(async () => {
      const { action } = await ddiDevice(tenant.api, id)
      expect(action).toMatchObject({ deployment_id: aborted, closed: expect.any(String) })
    }, PATIENCE)
    expect(await statistics(tenant.api, aborted)).toEqual({ aborted: 1 })
    const next = await deploy(tenant.api, { artifact_name: 'after-abort', devices: [id] })
    await restarted(device, 2)
    await device.start('success')
    await finished(next)
    expect(await statistics(tenant.api, next)).toEqual({ success: 1 })
    await device.kill()
  })

  rare('a device with its own token needs no decision', async () => {
    await upload('own')
    const { device_id, token } = await addDevice(tenant.api, 'own-token')
    const proxy = await startProxy()
    const options = { url: proxy.url, token: ['-k', token], after_installation: 'success' } as const
    const device = await start('own-token', options)
    await vi.waitFor(
      async () => expect(await reportedBy(tenant.api, device_id)).toMatchObject({ serial: 'own-token' }),
      PATIENCE,
    )
    const deployment = await deploy(tenant.api, { artifact_name: 'own', devices: [device_id] })
    await finished(deployment)
    expect(await statistics(tenant.api, deployment)).toEqual({ success: 1 })
    expect(proxy.downloads.every(({ authorization }) => authorization === `TargetToken ${token}`)).toBe(true)
    await device.kill()
  })

  rare('a success counts once the device has polled again', async () => {
    await upload('confirmed')
    const { device, id } = await enrol('confirmed', { after_installation: 'success' })
    const body = { artifact_name: 'confirmed', devices: [id], confirm_within_minutes: 10 }
    const deployment = await deploy(tenant.api, body)
    await finished(deployment)
    const { body: devices } = await tenant.api.get(`${V1}/${deployment}/devices/list`)
    expect(devices).toMatchObject([{ status: 'success', confirmation: 'confirmed' }])
    await device.kill()
  })
})
