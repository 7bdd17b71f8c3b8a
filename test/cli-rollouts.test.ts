import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { inventoryTerm, poll, show, V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { runHere } from './support/run-here.ts'
import type { TestTenant } from './support/server.ts'
import { addUser, type TestUser } from './support/users.ts'

const server = useServer()
const FILTERS = '/api/management/v2/inventory/filters'
const WATCH = ['--every', '1s', '--timeout', '30s']

let tenant: TestTenant
let approver: TestUser
let devices: SimulatedDevice[]
let env: Record<string, string>
beforeAll(async () => {
  tenant = await server.tenant()
  approver = await addUser(server, tenant)
  env = { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: '/nowhere' }
  for (const name of ['release-1', 'release-2']) await uploadTestArtifact(tenant.api, { name })
  for (const [name, term] of [
    ['the lab', inventoryTerm('ring', 'lab')],
    ['the empty one', inventoryTerm('ring', 'none')],
  ])
    expect(await tenant.api.post(FILTERS, { name, terms: [term] })).toMatchObject({ status: 201 })
})
// A device is offered no deployment that is older than one that it has finished.
beforeEach(async () => {
  devices = await enrol(server, tenant, 10, (i) => ({
    ...{ device_type: 'qemux86-64', artifact_name: 'factory', fleet: 'f', ring: i < 2 ? 'lab' : 'field' },
  }))
})

async function succeed(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(argv, env)
  expect([argv, code, stderr]).toEqual([argv, 0, ''])
  return stdout
}
const deployments = (...argv: string[]) => succeed('deployments', ...argv)
const ids = () => devices.map(({ id }) => id).join(',')

/** Creates a deployment to the devices of the test, and returns its ID. */
async function create(...options: string[]): Promise<string> {
  const target = ['--name', 'd', '--artifact', 'release-1', '--devices', ids()]
  return JSON.parse(await deployments('create', ...target, '--json', ...options)).id
}

/** The devices that are offered the deployment now; they report the status. */
async function install(id: string, status: 'success' | 'failure'): Promise<number> {
  let offered = 0
  for (const device of devices) {
    if ((await poll(device)).status !== 200) continue
    offered++
    await device.report(id, status)
  }
  return offered
}

describe('deployments create', () => {
  test('sends every rule, which show prints in words', async () => {
    const id = await create(
      ...['--phase', 'filter "the lab": gate 100%, soak 1d, approval other_user, verdict grafana'],
      ...['--phase', '25% at 2037-01-10T08:00Z', '--phase', 'rest', '--gate', '90% of 2 ended soak 2h'],
      ...['--max-failures', '5', '--max-failure-percent', '30', '--min-ended', '4', '--failure-scope', 'deployment'],
      ...['--device-timeout', '2h', '--rollback-artifact', 'release-2', '--confirm-within', '1h'],
      ...['--max-in-flight', '5', '--max-in-flight', '50%', '--offers-per-minute', '1000', '--order', 'random'],
      ...['--exclude-devices', devices[9]!.id, '--window', 'sat,sun 01:00-05:00', '--window', '22:00-04:00'],
      ...['--time-zone-attribute', 'inventory/timezone', '--time-zone', 'Europe/Berlin'],
      ...['--blackout', '2036-12-20..2037-01-02'],
    )
    const gate = { success_percent: 90, of: 'ended', min_ended: 2, soak_minutes: 120, approval: 'none', verdicts: [] }
    const lab = { success_percent: 100, of: 'capacity', soak_minutes: 1440, approval: 'other_user' }
    expect(await show(tenant.api, id)).toMatchObject({
      phases: [
        { filter: { name: 'the lab' }, gate: { ...lab, verdicts: ['grafana'] } },
        { batch_size: 25, start_ts: '2037-01-10T08:00:00.000Z', gate },
        { batch_size: 75 },
      ],
      failure_policy: {
        ...{ max_failures: 5, max_failure_percent: 30, min_ended: 4, scope: 'deployment', timeout_minutes: 120 },
        ...{ action: 'rollback', rollback_artifact_name: 'release-2' },
      },
      ...{ confirm_within_minutes: 60, max_in_flight: 5, max_in_flight_percent: 50, offers_per_minute: 1000 },
      ...{ order: 'random', exclude: { device_ids: [devices[9]!.id] } },
      windows: [
        { days: ['sat', 'sun'], from: '01:00', to: '05:00' },
        { from: '22:00', to: '04:00' },
      ],
      time_zone: { attribute: 'timezone', scope: 'inventory', fallback: 'Europe/Berlin' },
      blackouts: [{ from: '2036-12-20', to: '2037-01-02' }],
    })
    const shown = await deployments('show', id)
    for (const text of [
      `Created by      ${tenant.email}`,
      'devices matching "the lab", gate 100 % succeeded, for 1 day, verdict of grafana, approval by another user',
      'Phase 2 opens on 10 Jan 2037, 08:00 UTC at the earliest, once 100 % of the devices of phase 1 have succeeded',
      'the deployment is aborted, and the devices that have had an offer get release-2.',
      'A device that has not ended 2 hours after its offer counts as failed.',
      'At most 5 devices, but not more than 50 % of all, work on the update at the same time.',
      'Excluded: 1 listed device.',
      'Saturday and Sunday',
    ])
      expect(shown).toContain(text)
    await deployments('abort', id, '--yes')
  })

  test('previews all of it in numbers, and creates nothing', async () => {
    const before = (await tenant.api.get(V1)).body.length
    const options = [
      ...['create', '--name', 'd', '--artifact', 'release-1', '--devices', ids(), '--preview'],
      ...['--phase', 'filter "the lab" gate 100%', '--phase', '50% gate 95%', '--phase', 'rest'],
      ...['--max-failures', '2', '--max-in-flight', '3', '--exclude-devices', devices[9]!.id],
    ]
    const printed = await deployments(...options)
    expect(printed).toMatch(/^Target devices +9\n(.*\n)*Excluded +1\n/)
    expect(printed).toMatch(/\nPHASE +SHARE +DEVICES.*\n1 +named +2 +100 % succeeded\n2 +50 % +3 .*\n3 +50 % +4\n/)
    expect(printed).toMatch(/If everything fails, at most 2 of 9 devices are touched before it stops\.\n.*\n$/)
    const { body } = await tenant.api.get(V1)
    expect(body).toHaveLength(before)
    const preview = JSON.parse(await deployments(...options, '--json'))
    expect(preview).toMatchObject({ excluded: 1, worst_case: { devices_touched: 2, of: 9 } })
  })

  test('reports a rule that the server refuses, and a release that does not exist', async () => {
    const run = (...options: string[]) =>
      runHere(['deployments', 'create', '--name', 'd', '--artifact', 'release-1', '--all', ...options], env)
    expect(await run('--phase', '50% gate 101%', '--phase', 'rest')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('phases.0.gate.success_percent: must be between 1 and 100') },
    })
    expect(await run('--max-failures', '1', '--rollback-artifact', 'nowhere')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('There is no release "nowhere"') },
    })
    expect(await run('--phase', 'devices nowhere', '--phase', 'rest in 1h')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('phases.0.device_ids: none of them is a target') },
    })
    expect(await run('--phase', 'filter "the empty one"', '--phase', 'rest in 1h')).toMatchObject({
      ...{ code: 1, stderr: 'Phase 1 would have no devices: name devices that are targets, or leave it out.\n' },
    })
    expect(await run('--phase', 'filter nowhere', '--phase', 'rest')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('There is no filter "nowhere"') },
    })
  })

  test('deploys again to the devices that failed, and to those without an offer', async () => {
    const id = await create('--phase', '40%', '--phase', 'rest at 2037-01-10T08:00Z')
    expect(await install(id, 'failure')).toBe(4)
    const failed = JSON.parse(await deployments('create', '--again', id, '--failed', '--json')).id
    expect(await show(tenant.api, failed)).toMatchObject({ name: 'd', artifact_name: 'release-1', max_devices: 4 })
    const other = ['--again', id, '--not-reached', '--name', 'e', '--artifact', 'release-2', '--json']
    const rest = JSON.parse(await deployments('create', ...other)).id
    expect(await show(tenant.api, rest)).toMatchObject({ name: 'e', artifact_name: 'release-2', max_devices: 6 })
    for (const one of [id, failed, rest]) await deployments('abort', one, '--yes')
  })

  test('takes the rules of a recipe', async () => {
    const id = await create('--recipe', 'all at once')
    expect(await show(tenant.api, id)).toMatchObject({ recipe: 'all at once' })
    expect(await deployments('show', id)).toMatch(/Recipe +all at once\n/)
    await deployments('abort', id, '--yes')
  })
})

describe('a deployment', () => {
  test('that failures have paused ends watching with exit code 6, and goes on once it is resumed', async () => {
    const id = await create('--max-failures', '2', '--max-in-flight', '2')
    expect(await install(id, 'failure')).toBe(2)
    const watched = await runHere(['deployments', 'watch', id, ...WATCH], env)
    expect(watched).toMatchObject({ code: 6, stderr: expect.stringMatching(/^The deployment is paused until a user/) })
    expect(watched.stdout).toMatch(/Paused: /)
    expect(await deployments('list', '--limit', '1')).toContain(`${id}  d     release-1  Paused`)
    expect(await deployments('show', id)).toMatch(/Status +Paused\nReason +.*\nSince +.* UTC\nBy +the failure policy\n/)
    expect(await deployments('resume', id, '--reason', 'known')).toBe(`${id} resumed\n`)
    expect(await deployments('show', id)).toMatch(
      /Stopped before +.* UTC: 2 of 2 ended devices had failed; resumed .* UTC\n/,
    )
    expect(await install(id, 'success')).toBe(8)
    expect(await runHere(['deployments', 'watch', id, ...WATCH], env)).toMatchObject({ code: 3 })
  })

  test('that failures have aborted ends watching with exit code 4 and the deployment that rolls it back', async () => {
    const id = await create('--max-failures', '1', '--rollback-artifact', 'release-2')
    expect(await install(id, 'failure')).toBe(1)
    const { rolled_back_by } = await show(tenant.api, id)
    const watched = await runHere(['deployments', 'watch', id, ...WATCH], env)
    expect(watched).toMatchObject({ code: 4, stdout: expect.any(String) })
    expect(watched.stderr).toMatch(/^The deployment was aborted by its failure policy. 1 of 1 device failed/)
    expect(watched.stderr).toContain(`Deployment ${rolled_back_by} rolls its devices back.`)
    expect(await deployments('show', id)).toMatch(new RegExp(`Rolled back by +deployment ${rolled_back_by}\n`))
    expect(await deployments('show', rolled_back_by)).toMatch(new RegExp(`Rolls back +deployment ${id}\n`))
  })

  test('that a user has paused is still watched, until it is finished', async () => {
    const id = await create()
    expect(await deployments('pause', id, '--reason', 'lunch')).toBe(`${id} paused\n`)
    expect(JSON.parse(await deployments('pause', id, '--json'))).toEqual({ paused: [id] })
    expect(await deployments('show', id)).toMatch(/Reason +.*lunch[\s\S]*By +.*@/)
    expect(await install(id, 'success')).toBe(0)
    const watched = runHere(['deployments', 'watch', id, ...WATCH], env)
    // Requests that start later, so the command has read the deployment while it is paused.
    for (let i = 0; i < 20; i++) expect((await poll(devices[0]!)).status).toBe(204)
    await tenant.api.post(`/api/management/v2/deployments/deployments/${id}/resume`, {})
    expect(await install(id, 'success')).toBe(10)
    expect(await watched).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('; Paused by ') })
    const resumed = await runHere(['deployments', 'resume', id], env)
    expect(resumed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/\S\n$/) })
  })

  test('that an update control map pauses goes on for one device, in one state, or for all', async () => {
    const pause = { action: 'pause' }
    const states = { ArtifactInstall_Enter: pause, ArtifactReboot_Enter: pause, ArtifactCommit_Enter: pause }
    const id = await create()
    const patched = await tenant.api.patch(`${V1}/${id}`, { update_control_map: { states } })
    expect(patched).toMatchObject({ status: 204 })
    const [one, two] = devices as [SimulatedDevice, SimulatedDevice]
    for (const device of [one, two]) expect(await poll(device)).toMatchObject({ status: 200 })
    const early = await runHere(['deployments', 'continue', id, '--device', one.id], env)
    expect(early).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('The device is not paused') })
    await one.report(id, 'pause_before_installing')
    expect(await deployments('continue', id, '--device', one.id)).toBe(`${id} continued for ${one.id}\n`)
    const pausedFor = async ({ token }: SimulatedDevice) => {
      const url = `/api/devices/v2/deployments/device/deployments/${id}/update_control_map`
      const { body } = await openApi(server.url, token).get(url)
      const found = Object.entries<{ action: string }>(body.update_control_map.states)
      return found.flatMap(([name, { action }]) => (action === 'pause' ? [name] : [])).sort()
    }
    expect(await pausedFor(one)).toEqual(['ArtifactCommit_Enter', 'ArtifactReboot_Enter'])
    expect(await pausedFor(two)).toEqual(Object.keys(states).sort())
    expect(await deployments('continue', id, '--state', 'ArtifactReboot_Enter')).toBe(`${id} continued\n`)
    expect(await pausedFor(two)).toEqual(['ArtifactCommit_Enter', 'ArtifactInstall_Enter'])
    expect(JSON.parse(await deployments('continue', id, '--json'))).toEqual({ continued: [id] })
    expect(await pausedFor(two)).toEqual([])
    const again = await runHere(['deployments', 'continue', id], env)
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('pauses no device') })
    await deployments('abort', id, '--yes')
  })

  test('that waits for approval ends watching with exit code 7, and another user approves', async () => {
    const id = await create('--phase', '50% gate 100% approval other_user', '--phase', 'rest')
    expect(await deployments('show', id)).toMatch(/waits for the gate of phase 1\n/)
    const early = await runHere(['deployments', 'approve', id], env)
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('No phase of the deployment waits for') })
    expect(await install(id, 'success')).toBe(5)
    const watched = await runHere(['deployments', 'watch', id, ...WATCH], env)
    expect(watched).toMatchObject({ code: 7, stdout: expect.stringContaining('Held: ') })
    expect(watched.stderr).toContain(`Run "muster deployments approve ${id}"`)
    expect(await deployments('list', '--limit', '1')).toContain(`${id}  d     release-1  Held`)
    const own = await runHere(['deployments', 'approve', id, '1'], env)
    expect(own).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('another user') })
    const approve = ['deployments', 'approve', id, '--comment', 'looks good']
    const approved = await runHere(approve, { ...env, MUSTER_TOKEN: approver.api.token! })
    expect(approved).toEqual({ code: 0, stderr: '', stdout: `${id} phase 1 approved\n` })
    expect(await deployments('show', id)).toContain(`approved by ${approver.email}: looks good\n`)
    expect(await install(id, 'success')).toBe(5)
  })

  test('is opened or stopped by verdicts of a program', async () => {
    const id = await create('--phase', '50% gate verdict grafana', '--phase', 'rest')
    expect(await deployments('verdict', id, '1', 'grafana', 'pass')).toBe(`${id} phase 1: grafana reported "pass"\n`)
    expect(await install(id, 'success')).toBe(10)
    const other = await create('--artifact', 'release-2', '--phase', '50% gate verdict grafana', '--phase', 'rest')
    const [phase] = (await show(tenant.api, other)).phases
    const fail = ['verdict', other, phase.id, 'grafana', 'fail', '--reason', 'many errors', '--json']
    expect(JSON.parse(await deployments(...fail))).toEqual({ reported: [phase.id] })
    expect(await deployments('show', other)).toMatch(/grafana reported "fail" \(.*@.*\): many errors\n/)
    const watched = await runHere(['deployments', 'watch', other, ...WATCH], env)
    expect(watched).toMatchObject({ code: 6, stderr: expect.stringContaining('grafana') })
    const unknown = await runHere(['deployments', 'verdict', other, '1', 'nobody', 'pass'], env)
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nobody') })
    const missing = await runHere(['deployments', 'verdict', other, '7', 'grafana', 'pass'], env)
    expect(missing).toMatchObject({ code: 1, stderr: 'The deployment has no phase "7": it has 2 phases.\n' })
    await deployments('abort', other, '--yes')
  })

  test('goes on to the next phase if a user opens the gate with a reason', async () => {
    const id = await create('--phase', '50% gate 100%', '--phase', 'rest')
    expect(await install(id, 'failure')).toBe(5)
    expect(await deployments('open', id, '1', '--reason', 'lab is offline')).toBe(`${id} gate of phase 1 opened\n`)
    expect(await deployments('show', id)).toContain(`opened by ${tenant.email} before its gate held: lab is offline\n`)
    expect(await install(id, 'success')).toBe(5)
  })

  test('is rolled back to another release', async () => {
    const id = await create('--phase', '50%', '--phase', 'rest at 2037-01-10T08:00Z')
    expect(await install(id, 'failure')).toBe(5)
    const printed = await deployments('rollback', id, '--artifact', 'release-2')
    const { rolled_back_by } = await show(tenant.api, id)
    expect(printed).toBe(`${id} aborted; deployment ${rolled_back_by} deploys release-2 to its devices\n`)
    expect(await show(tenant.api, rolled_back_by)).toMatchObject({ artifact_name: 'release-2', rollback_of: id })
    const watched = await runHere(['deployments', 'watch', id, ...WATCH], env)
    expect(watched).toMatchObject({ code: 4, stderr: expect.stringContaining('The deployment was aborted') })
    expect(watched.stderr).not.toContain('by its failure policy')
    expect(watched.stderr).toContain(`Deployment ${rolled_back_by} rolls its devices back.`)
    await deployments('abort', rolled_back_by, '--yes')
  })

  test('explains for a device which rule it waits for', async () => {
    const id = await create('--phase', '50% gate 100%', '--phase', 'rest')
    for (const device of devices.slice(0, 5)) expect(await poll(device)).toMatchObject({ status: 200 })
    const explained = await succeed('devices', 'explain', devices[9]!.id, id)
    expect(explained).toMatch(new RegExp(`^${id}  d\n  .*[Pp]hase 2.*\n`))
    await deployments('abort', id, '--yes')
    const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 13)
    const later = await create('--window', `${hour(5)}:00-${hour(7)}:00`)
    expect(await deployments('list', '--limit', '1')).toContain(`${later}  d     release-1  Held`)
    const waits = await succeed('devices', 'explain', devices[9]!.id, later)
    expect(waits).toMatch(new RegExp(`^${later}  d\n.* ${hour(5)}:00`))
    await deployments('abort', later, '--yes')
  })
})
