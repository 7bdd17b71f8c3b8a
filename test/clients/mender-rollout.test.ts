import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { uploadFile } from '../support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, show, statistics } from '../support/deploy.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { writeScriptArtifact } from './mender-artifact.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, scratchDirectory } from './programs.ts'

const RINGS: Record<string, string[]> = {
  lab: ['lab-1'],
  canary: ['canary-1', 'canary-2', 'canary-3'],
  production: ['other-1', 'other-2'],
}
const MEMBERS = Object.entries(RINGS).flatMap(([ring, names]) => names.map((name) => ({ name, inventory: { ring } })))
const NAMES = MEMBERS.map(({ name }) => name)
const TOUCHED = [...RINGS.lab!, ...RINGS.canary!]

const OLD = '#!/bin/sh\nexit 0\n'
/** Fails on two of the canaries. */
const NEW = `#!/bin/sh
case "$MENDER_INSTANCE_DIR" in
  */canary-[23]) echo 'the new kernel does not start' >&2; exit 1;;
esac
exit 0
`
const PATIENCE = { timeout: 360_000, interval: 300 }

describeClients(['mender', 'mender-artifact'], { root: true }, () => {
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let fleet: Fleet
  let id: string
  let touched: string[] = []
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    opened.push(await installHooks())
    for (const [name, script] of Object.entries({ old: OLD, new: NEW }))
      await uploadFile(tenant.api, await readFile(await writeScriptArtifact(dir, name, script)))
    fleet = await startFleet(dir, { server, tenant, members: MEMBERS })
    opened.push(fleet)
    await fleet.letIn()
  }, 540_000)
  afterEach(() => expectCountersToEqualRows(server.env.db))
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })
  const installed = async () =>
    Object.fromEntries(await Promise.all(fleet.clients.map(async (one) => [one.name, await one.showArtifact()])))
  const all = (release: string) => Object.fromEntries(NAMES.map((name) => [name, release]))

  test('every client installs a release, and confirms it by its next poll', { timeout: 600_000 }, async () => {
    const body = { artifact_name: 'old', devices: NAMES.map(fleet.id), confirm_within_minutes: 10 }
    const first = await deploy(tenant.api, body)
    fleet.poll()
    await vi.waitFor(async () => expect(await show(tenant.api, first)).toMatchObject({ status: 'finished' }), PATIENCE)
    expect(await statistics(tenant.api, first)).toEqual({ success: NAMES.length })
    expect(Object.values(await fleet.devicesOf(first)).map(({ confirmation }) => confirmation)).toEqual(
      NAMES.map(() => 'confirmed'),
    )
    expect(await installed()).toEqual(all('old'))
  })

  test('a rollout stops itself at the second failure among the canaries', { timeout: 600_000 }, async () => {
    const filterOf = (ring: string) => saveFilter(tenant.api, inventoryTerm('ring', ring))
    const gate = { success_percent: 100 }
    id = await deploy(tenant.api, {
      ...{ artifact_name: 'new', filter_id: await saveFilter(tenant.api, inventoryTerm('device_type', 'qemux86-64')) },
      phases: [{ filter_id: await filterOf('lab'), gate }, { filter_id: await filterOf('canary'), gate }, {}],
      ...{ confirm_within_minutes: 10, max_devices: NAMES.length },
      failure_policy: { max_failures: 2, action: 'rollback', rollback_artifact_name: 'old' },
    })
    fleet.poll()
    await vi.waitFor(async () => expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' }), PATIENCE)
    const { rollout, phases, rolled_back_by } = await show(tenant.api, id)
    expect(rollout).toMatchObject({
      ...{ state: 'stopped', by: { id: 'failure-policy' } },
      reason: {
        message: expect.stringMatching(/^2 of [23] devices failed in phase 2 .* rolled back by the failure policy/),
      },
      trip: { action: 'rollback', code: 'max_failures', phase: 2, failed: 2, limit: 2 },
    })
    expect(phases[0].progress).toMatchObject({ state: 'open', succeeded: 1, base: 1 })
    expect(rolled_back_by).toBeTruthy()
    const devices = await fleet.devicesOf(id)
    touched = Object.keys(devices).sort()
    // The third canary may ask only after the trip.
    expect(TOUCHED).toEqual(expect.arrayContaining(touched))
    expect(touched).toEqual(expect.arrayContaining(['canary-2', 'canary-3', 'lab-1']))
    const counts = phases.map(({ device_count }: { device_count: number }) => device_count)
    expect(counts).toEqual([1, touched.length - 1, 0])
    expect(devices).toMatchObject({ 'lab-1': { confirmation: 'confirmed' }, 'canary-2': { status: 'failure' } })
    for (const name of ['canary-2', 'canary-3'])
      await vi.waitFor(
        async () => expect(await fleet.serverLog(id, name)).toContain('the new kernel does not start'),
        PATIENCE,
      )
  })

  test('all clients that had an offer are rolled back, and say so', { timeout: 600_000 }, async () => {
    const { rolled_back_by } = await show(tenant.api, id)
    const rollback = async () => show(tenant.api, rolled_back_by)
    await vi.waitFor(async () => expect(await rollback()).toMatchObject({ status: 'finished' }), PATIENCE)
    expect(await rollback()).toMatchObject({ artifact_name: 'old', rollback_of: id, max_devices: touched.length })
    const devices = await fleet.devicesOf(rolled_back_by)
    expect(Object.keys(devices).sort()).toEqual(touched)
    // The offer of the third canary may have been withdrawn before the client installed anything.
    for (const [name, { status }] of Object.entries(devices))
      expect(status, name).toMatch(name === 'canary-1' ? /^(success|already-installed)$/ : /^success$/)
    expect(await installed()).toEqual(all('old'))
    for (const client of fleet.clients) client.sendInventory()
    for (const name of NAMES)
      await vi.waitFor(
        async () => expect(await fleet.attributes(name)).toMatchObject({ artifact_name: 'old' }),
        PATIENCE,
      )
  })
})
