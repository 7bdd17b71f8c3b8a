import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { deployConfig, setConfig } from '../support/configuration.ts'
import { poll, show, statistics } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'

const PATIENCE = { timeout: 270_000, interval: 300 }

/** With an update module of the tests in place of mender-configure's. */
describeClients(['mender', 'mender-artifact'], { root: true }, () => {
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let fleet: Fleet
  const configured = { id: '' }
  const deviceConfig = async () => JSON.parse(await readFile(join(dir, 'configured', 'device-config.json'), 'utf8'))
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    opened.push(await installHooks())
    fleet = await startFleet(dir, { server, tenant, members: [{ name: 'configured', inventory: {} }] })
    opened.push(fleet)
    await fleet.letIn()
    configured.id = fleet.id('configured')
  }, 540_000)
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  test('mender-artifact reads and validates the artifact of a configuration', async () => {
    const [device] = await enrol(server, tenant, 1)
    await setConfig(tenant.api, device!, { timezone: 'Europe/Oslo' })
    const id = await deployConfig(tenant.api, device!)
    const { uri } = (await poll(device!)).body.artifact.source
    const path = join(dir, 'configuration.mender')
    await writeFile(path, new Uint8Array(await (await fetch(uri)).arrayBuffer()))
    expect(await mustRun('mender-artifact', ['validate', path])).toContain('validated successfully')
    const read = await mustRun('mender-artifact', ['read', path])
    expect(read).toContain(`Name: configuration-${id}`)
    expect(read).toContain("Compatible devices: '[qemux86-64]'")
    expect(read).toMatch(/Type:\s+mender-configure/)
    expect(read).toContain(`data-partition.mender-configure.version: configuration-${id}`)
    expect(read).toMatch(/"timezone": "Europe\/Oslo"/)
    expect(read).toMatch(/Clears Provides:\s+\["data-partition\.mender-configure\.\*"\]/)
  })

  test('a client installs a configuration, and keeps its software', { timeout: 600_000 }, async () => {
    await setConfig(tenant.api, configured, { timezone: 'Europe/Oslo', motd: 'a "b"\n€' })
    const id = await deployConfig(tenant.api, configured)
    fleet.poll()
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ success: 1 }), PATIENCE)
    expect(await deviceConfig()).toEqual({ timezone: 'Europe/Oslo', motd: 'a "b"\n€' })
    expect(await fleet.client('configured').showProvides()).toMatchObject({
      'data-partition.mender-configure.version': `configuration-${id}`,
    })
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
    expect(await fleet.client('configured').log()).not.toMatch(/deviceconfig.*404/)
  })

  test('a client whose script fails rolls back, reports it and sends its log', { timeout: 600_000 }, async () => {
    await setConfig(tenant.api, configured, { timezone: 'broken' })
    const id = await deployConfig(tenant.api, configured)
    fleet.poll()
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ failure: 1 }), PATIENCE)
    expect(await deviceConfig()).toMatchObject({ timezone: 'Europe/Oslo' })
    await vi.waitFor(
      async () => expect(await fleet.serverLog(id, 'configured')).toContain('the time zone is broken'),
      PATIENCE,
    )
  })

  test('a client gets the next configuration after one that failed', { timeout: 600_000 }, async () => {
    await setConfig(tenant.api, configured, {})
    const id = await deployConfig(tenant.api, configured)
    fleet.poll()
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ success: 1 }), PATIENCE)
    expect(await deviceConfig()).toEqual({})
    await expectCountersToEqualRows(server.env.db)
  })
})
