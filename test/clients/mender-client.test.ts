import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { ARTIFACTS } from '../support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, show, statistics, V1 } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { type LosingProxy, startLosingProxy } from './losing-proxy.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, scratchDirectory } from './programs.ts'
import { uploadReleases } from './releases.ts'

const STEADY = ['steady-1', 'steady-2', 'steady-3']
const SURVIVORS = [...STEADY, 'stumbling']
const CHOSEN = [...SURVIVORS, 'broken']
const inRegion = (region: string) => (name: string) => ({ name, inventory: { region } })
const MEMBERS = [...CHOSEN.map(inRegion('eu')), inRegion('us')('outside'), inRegion('asia')('forgetful')]

const PHASE_1 = 2
const PHASE_2_AFTER_MS = 15_000
const PATIENCE = { timeout: 270_000, interval: 300 }

describeClients(['mender', 'mender-artifact'], { root: true }, () => {
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let fleet: Fleet
  let proxy: LosingProxy
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    opened.push(await installHooks())
    proxy = await startLosingProxy(server.url)
    opened.push(proxy)
    const members = [...MEMBERS, { ...inRegion('asia')('unheard'), url: proxy.url }]
    fleet = await startFleet(dir, { server, tenant, members })
    opened.push(fleet)
    await fleet.letIn()
    await uploadReleases(tenant.api, dir)
  }, 540_000)
  afterEach(() => expectCountersToEqualRows(server.env.db))
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  describe('a dynamic deployment in two phases, with one retry', () => {
    let id: string
    let start_ts: string
    beforeAll(async () => {
      const filter_id = await saveFilter(tenant.api, inventoryTerm('region', 'eu'))
      start_ts = new Date(Date.now() + PHASE_2_AFTER_MS).toISOString()
      const phases = [{ batch_size: 40 }, { start_ts }]
      id = await deploy(tenant.api, { filter_id, phases, retries: 1, max_devices: CHOSEN.length })
      expect(await show(tenant.api, id)).toMatchObject({ initial_device_count: CHOSEN.length, status: 'pending' })
      fleet.poll()
    })

    test('is offered to as many clients as the first phase has capacity for, until the second opens', async () => {
      await until(Date.parse(start_ts) - 2000)
      expect((await show(tenant.api, id)).phases).toMatchObject([{ device_count: PHASE_1 }, { device_count: 0 }])
    })

    test('finishes when all clients that match its filter have finished', async () => {
      await vi.waitFor(async () => expect((await show(tenant.api, id)).status).toBe('finished'), PATIENCE)
      expect((await show(tenant.api, id)).phases).toMatchObject([
        { device_count: PHASE_1 },
        { device_count: CHOSEN.length - PHASE_1 },
      ])
      expect(await statistics(tenant.api, id)).toEqual({ success: SURVIVORS.length, failure: 1 })
      const times = Object.values(await fleet.devicesOf(id)).map(({ created }) => created)
      expect(times.filter((time) => time < start_ts)).toHaveLength(PHASE_1)
    })

    test('is attempted as often as necessary, and not more', async () => {
      const devices = await fleet.devicesOf(id)
      expect(Object.keys(devices).sort()).toEqual([...CHOSEN].sort())
      for (const name of CHOSEN) {
        const attempts = STEADY.includes(name) ? 1 : 2
        const status = name === 'broken' ? 'failure' : 'success'
        expect(devices[name]).toMatchObject({ status, attempts, retries: 1 })
        expect(await readFile(join(dir, name, 'runs'), 'utf8')).toBe('once\n'.repeat(attempts))
      }
    })

    test('has logs of the clients that failed, and of no others', async () => {
      const log = (name: string) => fleet.serverLog(id, name)
      // A client reports its failure before it sends the log.
      await vi.waitFor(async () => expect(await log('broken')).toContain('the flash is worn out'), PATIENCE)
      expect(await log('stumbling')).toContain('the first time fails')
      for (const name of STEADY) expect(await log(name)).toBeUndefined()
    })

    test('is never offered to a client that does not match its filter, however often it polls', async () => {
      const lines = (await fleet.client('outside').log()).split('\n')
      expect(lines.filter((line) => line.includes('-> update-check')).length).toBeGreaterThanOrEqual(3)
      expect(lines.filter((line) => line.includes('-> update-fetch'))).toEqual([])
      expect(await tenant.api.get(`${V1}/devices/${fleet.id('outside')}`)).toMatchObject({ status: 200, body: [] })
    })

    test('leaves server and clients with the same state', async () => {
      const { artifact_provides } = (await tenant.api.get(`${ARTIFACTS}?name=release-1`)).body[0]
      const installed: Record<string, string> = {
        broken: 'release-1_INCONSISTENT',
        ...{ outside: 'factory-0', forgetful: 'factory-0', unheard: 'factory-0' },
      }
      for (const client of fleet.clients) {
        const artifact_name = installed[client.name] ?? 'release-1'
        const provides = await client.showProvides()
        expect(await client.showArtifact()).toBe(artifact_name)
        if (SURVIVORS.includes(client.name)) expect(provides).toMatchObject(artifact_provides)
        client.sendInventory()
        const reported = { ...provides, artifact_name }
        await vi.waitFor(async () => expect(await fleet.attributes(client.name)).toMatchObject(reported), PATIENCE)
      }
    })
  })

  test('clients stop an installation in progress if the deployment is aborted', { timeout: 600_000 }, async () => {
    const filter_id = await saveFilter(tenant.api, inventoryTerm('artifact_name', 'release-1'))
    const id = await deploy(tenant.api, { artifact_name: 'release-2', filter_id })
    fleet.poll()
    for (const name of SURVIVORS) await vi.waitFor(() => access(join(dir, name, 'installing')), PATIENCE)
    expect(await statistics(tenant.api, id)).toEqual({ installing: SURVIVORS.length })

    expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    for (const name of SURVIVORS) await writeFile(join(dir, name, 'go-on'), '')
    for (const client of SURVIVORS.map(fleet.client)) {
      const learnt = 'Status report rejected, deployment aborted at the backend'
      await vi.waitFor(async () => expect(await client.log()).toContain(learnt), PATIENCE)
      await vi.waitFor(async () => expect(await client.showArtifact()).toBe('release-2_INCONSISTENT'), PATIENCE)
    }
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', device_count: SURVIVORS.length })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: SURVIVORS.length })
  })

  test('a client that has to pause before the commit waits until it may continue', { timeout: 600_000 }, async () => {
    const filter_id = await saveFilter(tenant.api, inventoryTerm('region', 'us'))
    const update_control_map = { states: { ArtifactCommit_Enter: { action: 'pause' } } }
    const id = await deploy(tenant.api, { filter_id, update_control_map, max_devices: 1 })
    fleet.poll()
    const paused = { pause_before_committing: 1 }
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual(paused), PATIENCE)
    expect(await tenant.api.patch(`${V1}/${id}`, { update_control_map: null })).toMatchObject({ status: 204 })
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ success: 1 }), PATIENCE)
    expect(await fleet.client('outside').showArtifact()).toBe('release-1')
  })

  test('a client whose report of success was lost gets the same offer, and reports already-installed', async () => {
    const id = await deploy(tenant.api, { devices: [fleet.id('unheard')] })
    fleet.client('unheard').poll()
    await vi.waitFor(() => expect(proxy.lost()).toBe(1), PATIENCE)
    const status = 'already-installed'
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ [status]: 1 }), PATIENCE)
    expect(await fleet.devicesOf(id)).toMatchObject({ unheard: { status, attempts: 1 } })
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
    expect(await readFile(join(dir, 'unheard', 'runs'), 'utf8')).toBe('once\n')
    expect(await fleet.client('unheard').showArtifact()).toBe('release-1')
  })

  test('a client that crashes in every installation fails after its last attempt, and gets the next deployment', async () => {
    const client = fleet.client('forgetful')
    const retries = 1
    const id = await deploy(tenant.api, { artifact_name: 'release-2', devices: [fleet.id('forgetful')], retries })
    client.poll()
    for (let attempt = 1; attempt <= retries + 1; attempt++) {
      const isInstalling = { status: 'installing', attempts: attempt }
      await vi.waitFor(
        async () => expect(await fleet.devicesOf(id)).toMatchObject({ forgetful: isInstalling }),
        PATIENCE,
      )
      server.advance(60_000)
      await client.crash()
    }
    const failed = { status: 'failure', substate: 'started over', attempts: retries + 1 }
    await vi.waitFor(async () => expect(await fleet.devicesOf(id)).toMatchObject({ forgetful: failed }), PATIENCE)
    await writeFile(join(dir, 'forgetful', 'go-on'), '')
    const next = await deploy(tenant.api, { devices: [fleet.id('forgetful')] })
    await vi.waitFor(async () => expect(await statistics(tenant.api, next)).toEqual({ success: 1 }), PATIENCE)
  })
})

const until = (time: number) => new Promise((resolve) => setTimeout(resolve, time - Date.now()))
