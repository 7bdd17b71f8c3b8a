import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { uploadFile } from '../support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, show, statistics, V1 } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { writeScriptArtifact } from './mender-artifact.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, scratchDirectory } from './programs.ts'

const STEADY = ['steady-1', 'steady-2', 'steady-3']
const SURVIVORS = [...STEADY, 'stumbling']
const CHOSEN = [...SURVIVORS, 'broken']
const PHASE_1 = 2
const PHASE_2_AFTER_MS = 12_000

// `broken` fails whenever it is asked, `stumbling` only the first time.
const RELEASE_1 = `#!/bin/sh
echo "installing release-1 in $MENDER_INSTANCE_DIR"
case "$MENDER_INSTANCE_DIR" in
  */broken) echo 'the flash is worn out' >&2; exit 1;;
  */stumbling) mkdir "$MENDER_INSTANCE_DIR/stumbled" && { echo 'the first time fails' >&2; exit 1; };;
esac
exit 0
`
const RELEASE_2 = `#!/bin/sh
touch "$MENDER_INSTANCE_DIR/installing-release-2"
for i in $(seq 600); do [ -e "$MENDER_INSTANCE_DIR/go-on" ] && exit 0; sleep 0.1; done
exit 1
`

describeClients(['mender', 'mender-artifact'], { root: true }, () => {
  const dir = scratchDirectory()
  let server: TestServer
  let tenant: TestTenant
  let fleet: Fleet
  const opened: AsyncDisposable[] = []
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    opened.push(await installHooks())
    fleet = await startFleet(dir, {
      server,
      tenant,
      members: [...CHOSEN.map(inRegion('eu')), inRegion('us')('outside')],
    })
    opened.push(fleet)
    await fleet.letIn()
    for (const [name, script] of Object.entries({ 'release-1': RELEASE_1, 'release-2': RELEASE_2 })) {
      const file = await writeScriptArtifact(dir, name, script)
      expect(await uploadFile(tenant.api, await readFile(file))).toMatchObject({ status: 201 })
    }
  }, 180_000)
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  test('a phased dynamic deployment reaches the clients of its filter, and no other', {
    timeout: 120_000,
  }, async () => {
    const { api } = tenant
    const start_ts = new Date(Date.now() + PHASE_2_AFTER_MS).toISOString()
    const filter_id = await saveFilter(api, inventoryTerm('region', 'eu'))
    const phases = [{ batch_size: 40 }, { start_ts }]
    const id = await deploy(api, { filter_id, phases, retries: 1, max_devices: CHOSEN.length })
    expect(await show(api, id)).toMatchObject({ initial_device_count: 5, status: 'pending' })

    fleet.poll()
    await vi.waitFor(async () => expect((await show(api, id)).device_count).toBe(PHASE_1), { timeout: 10_000 })
    await until(Date.parse(start_ts) - 500)
    expect((await show(api, id)).phases).toMatchObject([{ device_count: PHASE_1 }, { device_count: 0 }])

    await vi.waitFor(async () => expect((await show(api, id)).status).toBe('finished'), {
      timeout: 90_000,
      interval: 500,
    })
    expect((await show(api, id)).phases).toMatchObject([{ device_count: PHASE_1 }, { device_count: 3 }])
    expect(await statistics(api, id)).toEqual({ success: SURVIVORS.length, failure: 1 })
    await expectCountersToEqualRows(server.env.db)

    const devices = await fleet.devicesOf(id)
    const outcome = (name: string, expected: object) => expect(devices[name]).toMatchObject(expected)
    expect(Object.keys(devices).sort()).toEqual([...CHOSEN].sort())
    for (const name of STEADY) outcome(name, { status: 'success', attempts: 1, retries: 1, log: false })
    outcome('stumbling', { status: 'success', attempts: 2, retries: 1, log: true })
    outcome('broken', { status: 'failure', attempts: 2, retries: 1, log: true })
    const created = Object.values(devices).map((device) => device.created)
    expect(created.filter((time) => time < start_ts)).toHaveLength(PHASE_1)

    expect(await fleet.serverLog(id, 'broken')).toContain('the flash is worn out')
    expect(await fleet.serverLog(id, 'stumbling')).toContain('the first time fails')
    expect((await api.get(`${V1}/${id}/devices/${fleet.id('steady-1')}/log`)).status).toBe(404)

    const history = await api.get(`${V1}/devices/${fleet.id('outside')}`)
    expect(history).toMatchObject({ status: 200, body: [] })
  })

  test('what each client says of itself is what the server knows', async () => {
    const { body } = await tenant.api.get('/api/management/v1/deployments/artifacts?name=release-1')
    for (const client of fleet.clients) {
      const artifact_name = SURVIVORS.includes(client.name)
        ? 'release-1'
        : { broken: 'release-1_INCONSISTENT', outside: 'factory-0' }[client.name]
      expect(await client.showArtifact()).toBe(artifact_name)
      const provides = await client.showProvides()
      expect(provides.artifact_name).toBe(artifact_name)
      if (SURVIVORS.includes(client.name)) expect(provides).toMatchObject(body[0].artifact_provides)
      client.sendInventory()
      await vi.waitFor(async () => expect(await fleet.attributes(client.name)).toMatchObject(provides), {
        timeout: 20_000,
      })
    }
  })

  test('an aborted deployment is given up by clients in the middle of it', { timeout: 120_000 }, async () => {
    const { api } = tenant
    const filter_id = await saveFilter(api, inventoryTerm('artifact_name', 'release-1'))
    const id = await deploy(api, { artifact_name: 'release-2', filter_id })
    fleet.poll()
    const installing = { installing: SURVIVORS.length }
    await vi.waitFor(async () => expect(await statistics(api, id)).toEqual(installing), { timeout: 60_000 })

    expect(await api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    for (const client of fleet.clients) await writeFile(join(client.dir, 'go-on'), '')
    for (const client of fleet.clients.filter(({ name }) => SURVIVORS.includes(name))) {
      await vi.waitFor(async () => expect(await client.showArtifact()).toBe('release-2_INCONSISTENT'), {
        timeout: 60_000,
      })
      expect(await client.log()).toMatch(/abort/i)
    }
    expect(await show(api, id)).toMatchObject({ status: 'finished', device_count: SURVIVORS.length })
    expect(await statistics(api, id)).toEqual({ aborted: SURVIVORS.length })
    await expectCountersToEqualRows(server.env.db)
  })
})

const inRegion = (region: string) => (name: string) => ({ name, inventory: { region } })

const until = (time: number) => new Promise((resolve) => setTimeout(resolve, time - Date.now()))
