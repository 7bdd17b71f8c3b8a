import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runUpdate } from '../src/simulate/run-update.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { buildArtifact, uploadTestArtifact } from './support/artifact.ts'
import { run, start } from './support/command.ts'
import { deploy, inventoryTerm, saveFilter } from './support/deploy.ts'
import { enrol, newDevice } from './support/device.ts'
import { runHere } from './support/run-here.ts'
import { startServer, type TestServer, type TestTenant } from './support/server.ts'

const DEVAUTH = '/api/management/v2/devauth/devices'
const FAST = ['--every', '1s']

let server: TestServer
let tenant: TestTenant
let scratch: string
let env: Record<string, string>
beforeAll(async () => {
  server = await startServer()
  tenant = await server.tenant()
  scratch = await mkdtemp(join(tmpdir(), 'muster-remote-'))
  env = { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: join(scratch, 'config') }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

/** Runs a command that must succeed, and returns its output. */
async function succeed(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(argv, env)
  expect([argv, code, stderr]).toEqual([argv, 0, ''])
  return stdout
}
const succeedJson = async (...argv: string[]) => JSON.parse(await succeed(...argv, '--json'))

async function waiting(owner = tenant): Promise<SimulatedDevice & { waiting_id: string }> {
  const device = newDevice(server, owner)
  expect((await device.requestAuth()).status).toBe(401)
  const { body } = await owner.api.get(`${DEVAUTH}?per_page=500`)
  const found = body.find(
    (one: { identity_data: object }) => JSON.stringify(one.identity_data) === JSON.stringify(device.identity),
  )
  return Object.assign(device, { waiting_id: found.id })
}
const statusOf = async (id: string) => (await tenant.api.get(`${DEVAUTH}/${id}`)).body?.status

/** Devices keep polling until `work` has finished. */
async function whileLiving<Result>(devices: SimulatedDevice[], fails: () => boolean, work: Promise<Result>) {
  let over = false
  const lives = devices.map(async (device) => {
    const provides = { artifact_name: 'factory', device_type: 'qemux86-64' }
    for (; !over; await sleep(50)) await runUpdate(device, { provides, fails })
  })
  try {
    return await Promise.race([work, Promise.all(lives).then(() => work)])
  } finally {
    over = true
    await Promise.allSettled(lives)
  }
}

describe('from a fresh server to a finished deployment', () => {
  test('with a separate process for each command and the login of a user', async () => {
    const owner = await server.tenant()
    const mine = { XDG_CONFIG_HOME: join(scratch, 'story') }
    const login = await run(
      ['login', '--url', `${server.url}/`, '--email', owner.email, '--password', '-'],
      mine,
      `${owner.password}\n`,
    )
    expect(login).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(`Logged in to ${server.url} as`),
    })
    const file = join(scratch, 'story', 'muster', 'login.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(login.stdout).toContain(file)

    const devices = start(
      [
        ...['simulate', 'devices', '--count', '5', '--device-type', 'gateway', '--attribute', 'region=eu'],
        ...['--url', server.url, '--tenant-token', owner.tenant_token],
      ],
      mine,
    )
    const artifact = join(scratch, 'release-2.mender')
    const made = run(['simulate', 'artifact', artifact, '--name', 'release-2', '--device-type', 'gateway'], mine)
    expect(await made).toMatchObject({ code: 0, stderr: '' })
    expect(await run(['artifacts', 'upload', artifact], mine)).toMatchObject({ code: 0, stderr: '' })
    const pendingCount = async () => (await owner.api.get(`${DEVAUTH}?status=pending`)).body.length
    await expect.poll(pendingCount, { timeout: 60_000 }).toBe(5)
    expect(await run(['devices', 'accept', '--all-pending'], mine)).toMatchObject({ code: 0, stderr: '' })
    const filter = await run(['filters', 'create', '--name', 'europe', '--term', 'inventory/region == eu'], mine)
    expect(filter).toMatchObject({ code: 0, stderr: '' })
    const matching = async () =>
      (
        await owner.api.post('/api/management/v2/inventory/filters/search', {
          filters: [inventoryTerm('region', 'eu')],
        })
      ).body.length
    await expect.poll(matching, { timeout: 60_000 }).toBe(5)

    const deployed = await run(
      [
        ...['deployments', 'create', '--name', 'first', '--artifact', 'release-2', '--filter', 'europe'],
        ...['--max-devices', '5', '--phase', '20%', '--phase', 'rest in 2s', '--watch', '--timeout', '30s', ...FAST],
      ],
      mine,
    )
    expect(deployed).toMatchObject({ code: 0, stderr: '' })
    expect(deployed.stdout).toMatch(/^Deployment ID {2}[0-9a-f-]{36}\n/)
    expect(deployed.stdout).toMatch(/phase 1: 1 of 1 started; phase 2: 4 of 4 started; 5 updated\n/)
    expect(deployed.stdout).toMatch(/The deployment is finished: 5 devices run the release\.\n$/)
    devices.kill('SIGTERM')
  })
})

describe('authentication', () => {
  const logIn = (password: string, mine: Record<string, string>) =>
    runHere(['login', '--url', server.url, '--email', tenant.email, '--password', password], mine)

  test('logout ends the session and deletes the stored token', async () => {
    const mine = { XDG_CONFIG_HOME: join(scratch, 'logout') }
    expect(await logIn(tenant.password, mine)).toMatchObject({ code: 0 })
    const { token } = JSON.parse(await readFile(join(scratch, 'logout', 'muster', 'login.json'), 'utf8'))
    expect((await openApi(server.url, token).get(DEVAUTH)).status).toBe(200)
    expect(await runHere(['devices', 'list'], mine)).toMatchObject({ code: 0 })
    expect(await runHere(['logout'], mine)).toEqual({ code: 0, stdout: `Logged out of ${server.url}.\n`, stderr: '' })
    expect((await openApi(server.url, token).get(DEVAUTH)).status).toBe(401)
    expect(await runHere(['logout'], mine)).toMatchObject({ code: 0, stdout: 'You are not logged in.\n' })
    const refused = await runHere(['devices', 'list'], mine)
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^You are not logged in .*muster login/),
    })
  })

  test('a wrong password is reported, and nothing is stored', async () => {
    const mine = { XDG_CONFIG_HOME: join(scratch, 'wrong') }
    const refused = await logIn('a wrong one', mine)
    expect(refused).toEqual({ code: 1, stdout: '', stderr: 'The e-mail address or password is wrong.\n' })
    await expect(stat(join(scratch, 'wrong', 'muster', 'login.json'))).rejects.toThrow()
  })

  test('the token of a login is sent to no other server', async () => {
    const mine = { XDG_CONFIG_HOME: join(scratch, 'elsewhere') }
    await logIn(tenant.password, mine)
    const other = await runHere(['devices', 'list', '--url', 'http://127.0.0.1:1'], mine)
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('You are not logged in to http://127.0.0.1:1.'),
    })
  })

  test.each([
    ['a wrong token', ['--token', 'a.b.c'], /does not accept the token.*muster login.*MUSTER_TOKEN/],
    ['no server', ['--url', 'http://127.0.0.1:1'], /^No server answers on http:\/\/127\.0\.0\.1:1\. Is it running/],
    ['an unknown machine', ['--url', 'http://nowhere.invalid'], /^There is no machine called nowhere\.invalid/],
  ])('%s is reported with a remedy', async (_what, options, stderr) => {
    const refused = await runHere(['devices', 'list', ...options], env)
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) })
  })

  test('the token option takes precedence over the environment', async () => {
    expect(
      await runHere(['devices', 'list', '--token', tenant.api.token!], { ...env, MUSTER_TOKEN: 'a.b.c' }),
    ).toMatchObject({
      code: 0,
    })
  })
})

test('a certificate of a private CA is trusted if its file is given, and not verified with --insecure', async () => {
  const [cert, key] = [join(scratch, 'server.crt'), join(scratch, 'server.key')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await promisify(execFile)('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject])
  await using secure = await startServer({ tls: { cert, key } })
  const owner = await secure.tenant()
  const mine = { MUSTER_URL: secure.url, MUSTER_TOKEN: owner.api.token!, XDG_CONFIG_HOME: join(scratch, 'config') }
  const refused = await runHere(['devices', 'list'], mine)
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/is not trusted: .*NODE_EXTRA_CA_CERTS/),
  })
  expect(await runHere(['devices', 'list', '--insecure', '--json'], mine)).toEqual({
    code: 0,
    stdout: '[]\n',
    stderr: '',
  })
  const trusting = await run(['devices', 'list', '--json'], { ...mine, NODE_EXTRA_CA_CERTS: cert })
  expect(trusting).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  const plain = await runHere(['devices', 'list'], { ...env, MUSTER_URL: server.url.replace('http:', 'https:') })
  expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining('does not speak TLS') })
})

describe('artifacts', () => {
  test('are uploaded from disk, listed and deleted', async () => {
    const path = join(scratch, 'big "one".mender')
    const file = await buildArtifact({ name: 'big-1', payloads: [{ files: { image: randomBytes(3_000_000) } }] })
    await writeFile(path, file)
    const { id } = await succeedJson('artifacts', 'upload', path, '--description', 'für Träger')
    const shown = await succeed('artifacts', 'list', '--name', 'big-')
    expect(shown).toMatch(/^ID +RELEASE +FORMAT +DEVICE TYPES +SIZE +MODIFIED +DESCRIPTION\n/)
    expect(shown).toContain(`${id}  big-1    mender  qemux86-64    3.0 MB`)
    const listed = await succeedJson('artifacts', 'list', '--name', 'big-')
    expect(listed).toEqual((await tenant.api.get('/api/management/v1/deployments/artifacts?name=big-')).body)
    expect(listed[0]).toMatchObject({ description: 'für Träger', size: file.length })
    const twice = await runHere(['artifacts', 'upload', path], env)
    expect(twice).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('already exists: delete it first'),
    })
    expect(await succeed('artifacts', 'delete', id)).toBe(`${id} deleted\n`)
    expect(await succeed('artifacts', 'list', '--name', 'big-')).toBe('No artifacts found.\n')
    const gone = await runHere(['artifacts', 'delete', id, '--json'], env)
    expect(gone).toMatchObject({ code: 1, stdout: '{"deleted":[]}\n', stderr: expect.stringContaining(`${id}: `) })
  })

  test('of any other file are for the device types, version and part that are given', async () => {
    const path = join(scratch, 'zephyr.signed.bin')
    await writeFile(path, randomBytes(1000))
    const options = ['--name', 'file-1', '--device-type', 'nrf52', '--device-type', 'nrf53', '--version', '2.0']
    const { id } = await succeedJson('artifacts', 'upload', path, ...options, '--part', 'os')
    const { body } = await tenant.api.get(`/api/management/v1/deployments/artifacts/${id}`)
    expect(body).toMatchObject({
      ...{ name: 'file-1', device_types_compatible: ['nrf52', 'nrf53'], dialect: 'ddi', description: '' },
      updates: [{ metadata: { version: '2.0', part: 'os' }, files: [{ name: 'zephyr.signed.bin' }] }],
    })
    expect(await succeed('artifacts', 'list', '--name', 'file-1')).toContain(`${id}  file-1   file    nrf52, nrf53`)
  })

  test.each([
    [['--device-type', 'a'], '--name is required with --device-type, --version and --part'],
    [['--name', 'a'], '--device-type is required with --name'],
    [[], '--name is required for x.swu'],
  ])('are not uploaded with %j', async (options, problem) => {
    const { code, stderr } = await runHere(['artifacts', 'upload', 'x.swu', ...options], env)
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) })
  })

  test.each([
    ['a file that is not there', 'nowhere.mender', 'There is no file nowhere.mender.\n'],
    ['a directory', tmpdir(), `${tmpdir()} is not a file.\n`],
  ])('uploading %s is reported as an error', async (_what, path, stderr) => {
    expect(await runHere(['artifacts', 'upload', path], env)).toEqual({ code: 1, stdout: '', stderr })
  })

  test('a file that is not an artifact is rejected with the error message of the server', async () => {
    const path = join(scratch, 'noise')
    await writeFile(path, randomBytes(2_000_000))
    const { code, stderr } = await runHere(['artifacts', 'upload', path], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^\S.*\n$/)
    expect(stderr).not.toMatch(/EPIPE|ECONNRESET|did not answer/)
  })
})

describe('devices', () => {
  test('are accepted, rejected and decommissioned by ID', async () => {
    const [one, two] = [await waiting(), await waiting()]
    expect(await succeed('devices', 'list', '--status', 'pending')).toContain(`mac=${one.identity.mac}`)
    expect(await succeed('devices', 'accept', one.waiting_id)).toBe(`${one.waiting_id} accepted\n`)
    expect(await succeedJson('devices', 'accept', one.waiting_id, two.waiting_id)).toEqual({
      accepted: [one.waiting_id, two.waiting_id],
    })
    expect((await two.requestAuth()).status).toBe(200)
    expect(await succeed('devices', 'reject', two.waiting_id)).toBe(`${two.waiting_id} rejected\n`)
    expect(await statusOf(two.waiting_id)).toBe('rejected')
    expect((await two.requestAuth()).status).toBe(401)
    expect(await succeedJson('devices', 'accept', two.waiting_id)).toEqual({ accepted: [two.waiting_id] })
    const some = await runHere(['devices', 'decommission', 'nowhere', one.waiting_id, two.waiting_id], env)
    expect(some.code).toBe(1)
    expect(some.stdout.split('\n').sort()).toEqual(
      ['', `${one.waiting_id} decommissioned`, `${two.waiting_id} decommissioned`].sort(),
    )
    expect(some.stderr).toMatch(
      /^nowhere: There is nothing with the ID "nowhere"\. Run "muster devices list" to see the IDs\.\n$/,
    )
    expect(await statusOf(one.waiting_id)).toBeUndefined()
  })

  test('that are pending are accepted all at once', async () => {
    const owner = await server.tenant()
    const mine = { ...env, MUSTER_TOKEN: owner.api.token! }
    const ids = [(await waiting(owner)).waiting_id, (await waiting(owner)).waiting_id]
    const accepted = await runHere(['devices', 'accept', '--all-pending', '--json'], mine)
    expect(JSON.parse(accepted.stdout).accepted.sort()).toEqual(ids.sort())
    const none = await runHere(['devices', 'accept', '--all-pending'], mine)
    expect(none).toEqual({ code: 0, stdout: 'No pending devices.\n', stderr: '' })
    const listed = await runHere(['devices', 'list', '--json', '--limit', '1'], mine)
    expect(JSON.parse(listed.stdout)).toEqual((await owner.api.get(`${DEVAUTH}?per_page=1`)).body)
  })

  test('are pinned with a reason, for ever or until a time, and unpinned', async () => {
    const devices = await enrol(server, tenant, 2, { foo: 'pinned', device_type: 'qemux86-64' })
    const [one, two] = devices as [SimulatedDevice, SimulatedDevice]
    const pinOf = async ({ id }: SimulatedDevice) =>
      (await tenant.api.get(`/api/management/v2/deployments/deployments/devices/${id}/pin`)).body
    const why = ['--reason', 'on the stand']
    const pinned = await succeed('devices', 'pin', one.id, two.id, ...why)
    expect(pinned.split('\n').sort()).toEqual(['', `${one.id} pinned`, `${two.id} pinned`].sort())
    expect(await pinOf(one)).toEqual({
      ...{ device_id: one.id, reason: 'on the stand', since: expect.any(String) },
      by: { id: expect.any(String), email: tenant.email },
    })
    const until = ['--not-before', '2040-01-31T12:00:00Z', ...why]
    expect(await succeedJson('devices', 'pin', two.id, ...until)).toEqual({ pinned: [two.id] })
    expect(await pinOf(two)).toMatchObject({ not_before: '2040-01-31T12:00:00.000Z' })
    expect(await succeed('devices', 'unpin', one.id)).toBe(`${one.id} unpinned\n`)
    expect(await pinOf(one)).toMatchObject({ code: 'device_not_pinned' })
    expect(await succeedJson('devices', 'unpin', two.id)).toEqual({ unpinned: [two.id] })
    const unknown = await runHere(['devices', 'pin', 'nowhere', ...why], env)
    expect(unknown).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: 'nowhere: There is nothing with the ID "nowhere". Run "muster devices list" to see the IDs.\n',
    })
    const past = await runHere(['devices', 'pin', one.id, ...why, '--not-before', '2020-01-01T00:00:00Z'], env)
    expect(past).toMatchObject({ code: 1, stderr: expect.stringContaining('not_before: must be in the future') })
  })

  test('with several pending keys are not accepted until a key is given', async () => {
    const device = await waiting()
    await newDevice(server, tenant, { identity: device.identity }).requestAuth()
    const refused = await runHere(['devices', 'accept', device.waiting_id], env)
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('several keys: name one') })
    const [set] = (await tenant.api.get(`${DEVAUTH}/${device.waiting_id}`)).body.auth_sets
    await succeed('devices', 'accept', `${device.waiting_id}/${set.id}`)
    expect((await device.requestAuth()).status).toBe(200)
  })
})

describe('filters', () => {
  test('are previewed, saved, listed and shown, and select devices', async () => {
    const [device] = await enrol(server, tenant, 3, (i) => ({ device_type: 't', artifact_name: 'a', ring: `r${i}` }))
    const terms = ['--term', 'inventory/ring in [r0, r1]', '--term', 'inventory/device_type == t']
    const tried = await succeed('filters', 'preview', ...terms, '--limit', '1')
    expect(tried).toMatch(
      /^2 accepted devices match\.\n\nID +STATUS +GROUP +DEVICE TYPE +ARTIFACT NAME +RING\n.*Accepted.* r\d\nand 1 more\n$/,
    )
    const { id } = await succeedJson('filters', 'create', '--name', 'rings', ...terms)
    expect(await succeed('filters', 'show', 'rings')).toBe(
      `Filter ID  ${id}\nName       rings\n  --term 'inventory/ring in [r0, r1]'\n  --term 'inventory/device_type == t'\n`,
    )
    expect(await succeedJson('filters', 'show', id)).toEqual(
      (await tenant.api.get(`/api/management/v2/inventory/filters/${id}`)).body,
    )
    expect(await succeed('filters', 'list')).toContain(
      `${id}  rings  inventory/ring in [r0, r1]; inventory/device_type == t`,
    )
    expect(await succeedJson('filters', 'list')).toEqual(
      (await tenant.api.get('/api/management/v2/inventory/filters')).body,
    )
    const preview = await succeedJson('filters', 'preview', 'rings')
    expect([preview.count, preview.devices.length]).toEqual([2, 2])

    await succeed('devices', 'reject', device!.id)
    expect(await succeed('filters', 'preview', id)).toMatch(/^1 accepted device matches\.\n/)
    expect(await succeedJson('devices', 'list', '--filter', 'rings')).toHaveLength(2)
    const rejected = await succeed('devices', 'list', '--filter', 'rings', '--status', 'rejected')
    expect(rejected).toMatch(new RegExp(`^ID .*\\n${device!.id}  Rejected`))
    const nothing = await succeed('filters', 'preview', '--term', 'tags/nothing exists')
    expect(nothing).toBe('0 accepted devices match.\n')
  })

  test('with an unknown ID or a name that is taken are rejected', async () => {
    const unknown = await runHere(['filters', 'show', 'nowhere'], env)
    expect(unknown).toMatchObject({
      code: 1,
      stderr: 'There is no filter "nowhere". Run "muster filters list" to see the filters.\n',
    })
    const create = ['filters', 'create', '--name', 'once', '--term', 'tags/x exists']
    await succeed(...create)
    expect(await runHere(create, env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('once already exists'),
    })
  })
})

describe('deployments', () => {
  let devices: SimulatedDevice[]
  let filter_id: string
  beforeAll(async () => {
    devices = await enrol(server, tenant, 4, { device_type: 'qemux86-64', artifact_name: 'factory', fleet: 'f' })
    filter_id = await saveFilter(tenant.api, inventoryTerm('fleet', 'f'))
    for (const name of ['release-1', 'release-2', 'release-3']) await uploadTestArtifact(tenant.api, { name })
  })
  const ids = () => devices.map(({ id }) => id).join(',')
  const create = (...options: string[]) => succeedJson('deployments', 'create', '--name', 'd', ...options)

  test('are created with the given options, for each kind of target', async () => {
    const dynamic = await create(
      ...['--artifact', 'release-1', '--filter', filter_id, '--max-devices', '9', '--retries', '2', '--force'],
      ...['--phase', '25%', '--phase', '25% at 2037-01-01T08:00Z', '--phase', 'rest in 9999d'],
    )
    const shown = await succeedJson('deployments', 'show', dynamic.id)
    expect(shown).toEqual((await tenant.api.get(`/api/management/v1/deployments/deployments/${dynamic.id}`)).body)
    expect(shown).toMatchObject({ dynamic: true, max_devices: 9, retries: 2, force_installation: true })
    expect(shown.phases.map(({ batch_size }: { batch_size: number }) => batch_size)).toEqual([25, 25, 50])
    expect(shown.phases[1].start_ts).toBe('2037-01-01T08:00:00.000Z')
    const picture = await succeed('deployments', 'show', dynamic.id)
    expect(picture).toMatch(/Status +Pending\nTarget devices +devices matching ".*": inventory\/fleet == f\n/)
    expect(picture).toMatch(/Phase 1 {3}25 % {2}░+ {2}0 of 1 started\n.*opens in \d+ years\n/)

    const listed = await create('--artifact', 'release-1', '--devices', ids())
    expect(await succeedJson('deployments', 'show', listed.id)).toMatchObject({ dynamic: false, max_devices: 4 })
    await tenant.api.put(`/api/management/v1/inventory/devices/${devices[0]!.id}/group`, { group: 'edge' })
    const group = await create('--artifact', 'release-1', '--group', 'edge')
    expect(await succeedJson('deployments', 'show', group.id)).toMatchObject({ groups: ['edge'], max_devices: 1 })
    const all = await create('--artifact', 'release-1', '--all')
    const table = await succeed('deployments', 'list', '--status', 'pending')
    for (const { id } of [dynamic, listed, group, all]) {
      expect(table).toContain(`${id}  d     release-1  Pending  0`)
      expect(await succeed('deployments', 'abort', id, '--yes')).toBe(`${id} aborted\n`)
    }
    expect(await succeedJson('deployments', 'list', '--limit', '2')).toEqual(
      (await tenant.api.get('/api/management/v1/deployments/deployments?per_page=2')).body,
    )
    expect(await succeed('deployments', 'show', dynamic.id)).toMatch(/Status +Aborted\n[\s\S]*never opened/)
    const again = await runHere(['deployments', 'abort', dynamic.id, '--yes'], env)
    expect(again).toEqual({ code: 1, stdout: '', stderr: 'Deployment already finished\n' })
  })

  test('that succeed end watching with exit code 0, and with the deployment as JSON on request', async () => {
    const options = [
      'deployments',
      'create',
      '--name',
      'good',
      '--artifact',
      'release-1',
      '--devices',
      ids(),
      '--watch',
    ]
    const watched = await whileLiving(devices, () => false, runHere([...options, ...FAST, '--json'], env))
    expect(watched).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(watched.stdout)).toMatchObject({
      name: 'good',
      status: 'finished',
      statistics: { status: { success: 4 } },
    })
  })

  test('in which a device fails end watching with exit code 3 and a message', async () => {
    const id = await deploy(tenant.api, {
      artifact_name: 'release-2',
      filter_id,
      max_devices: 4,
      phases: [{ batch_size: 50 }, { start_ts: '2020-01-01T00:00:00Z' }],
    })
    let failed = 0
    const fails = () => failed++ === 0
    const watched = await whileLiving(devices, fails, runHere(['deployments', 'watch', id, ...FAST], env))
    expect(watched.code).toBe(3)
    expect(watched.stdout).toMatch(/phase 1: 2 of 2 started; phase 2: 2 of 2 started; 3 updated · 1 failed\n$/)
    expect(watched.stderr).toBe(
      `The deployment is finished: 1 device failed. Run "muster deployments show ${id}" for details.\n`,
    )
    expect(await succeed('deployments', 'show', id)).toMatch(
      /\nFAILED +DEVICE TYPE +ATTEMPTS\n\S{36} +qemux86-64 +1\n$/,
    )
    const [failed_id = ''] = /\S{36}(?= +qemux86-64 +1\n$)/.exec(await succeed('deployments', 'show', id)) ?? []
    expect(await succeed('deployments', 'log', id, failed_id)).toMatch(/ error: .*: no space left on device\n$/)
    const other = devices.find((device) => device.id !== failed_id)!.id
    expect(await runHere(['deployments', 'log', id, other], env)).toMatchObject({
      ...{ code: 1, stdout: '', stderr: expect.stringMatching(/^There is no log: /) },
    })
  })

  test('that are aborted by anyone, even before the first poll, end watching with exit code 4', async () => {
    const { id } = await create('--artifact', 'release-3', '--filter', filter_id)
    const watching = runHere(['deployments', 'watch', id, ...FAST], env)
    await sleep(300)
    await tenant.api.put(`/api/management/v1/deployments/deployments/${id}/status`, { status: 'aborted' })
    const watched = await watching
    expect(watched).toMatchObject({ code: 4, stderr: expect.stringContaining('The deployment was aborted. ') })
    expect(watched.stderr).toContain('no device limit: it runs until it is aborted')
  })

  test('that take too long end watching with exit code 5, and are not changed', async () => {
    const { id } = await create('--artifact', 'release-3', '--devices', ids())
    const begun = Date.now()
    const watched = await runHere(['deployments', 'watch', id, '--timeout', '1s', '--every', '10m'], env)
    expect(watched).toMatchObject({ code: 5, stderr: expect.stringContaining('still running') })
    expect(Date.now() - begun).toBeLessThan(60_000)
    expect(await succeedJson('deployments', 'show', id)).toMatchObject({ status: 'pending' })
    expect(await succeedJson('deployments', 'abort', id, '--yes')).toEqual({ aborted: [id] })
  })

  test('without an artifact for any device do not end watching with exit code 0', async () => {
    const { id } = await create('--artifact', 'release-3', '--devices', devices[0]!.id)
    await devices[0]!.next({ artifact_name: 'factory', device_type: 'unheard of' })
    const watched = await runHere(['deployments', 'watch', id], env)
    expect(watched).toMatchObject({ code: 3, stderr: expect.stringContaining('no device runs the release') })
  })

  test('explain for a device why it is not offered an update', async () => {
    const { id } = await create('--artifact', 'release-3', '--devices', devices[0]!.id)
    const other = devices[1]!.id
    expect(await succeed('devices', 'explain', devices[0]!.id, id)).toMatch(new RegExp(`^${id}  d\\n  The `))
    const explained = await succeed('devices', 'explain', other)
    expect(explained).toContain(`${id}  d\n  The device is not among the target devices`)
    const path = `/api/management/v2/deployments/deployments/devices/${other}/explain`
    expect(await succeedJson('devices', 'explain', other)).toEqual((await tenant.api.get(path)).body)
    await succeed('deployments', 'abort', id, '--yes')
    const nothing = await succeed('devices', 'explain', other)
    expect(nothing).toBe('There is nothing to install: no deployment is unfinished.\n')
  })

  test.each([
    [
      'an unknown release',
      ['--artifact', 'nowhere', '--all'],
      'There is no release "nowhere". Run "muster artifacts list" to see the releases.\n',
    ],
    [
      'an empty phase',
      ['--artifact', 'release-1', '--all', '--phase', '1%', '--phase', 'rest in 1h'],
      'Phase 1 would have no devices: increase its percentage, or leave it out.\n',
    ],
    ['an unknown group', ['--artifact', 'release-1', '--group', 'nobody/here'], /\S\n$/],
  ])('with %s are rejected with a message that suggests a remedy', async (_what, options, stderr) => {
    const refused = await runHere(['deployments', 'create', '--name', 'd', ...options], env)
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: typeof stderr === 'string' ? stderr : expect.stringMatching(stderr),
    })
  })
})

describe('an ID', () => {
  const KNOWN = 'a3bb189e-8bf9-4a11-8f5b-0d5a0f2f7a11'
  test.each([
    [['deployments', 'show', 'first'], '"first" is not an ID. Run "muster deployments list" to see the IDs.\n'],
    [['deployments', 'watch', 'first'], '"first" is not an ID. Run "muster deployments list" to see the IDs.\n'],
    [
      ['deployments', 'abort', 'first', '--yes'],
      '"first" is not an ID. Run "muster deployments list" to see the IDs.\n',
    ],
    [['artifacts', 'delete', 'a b/c'], 'a b/c: "a b/c" is not an ID. Run "muster artifacts list" to see the IDs.\n'],
    [
      ['deployments', 'show', KNOWN],
      `There is nothing with the ID "${KNOWN}". Run "muster deployments list" to see the IDs.\n`,
    ],
    [
      ['artifacts', 'delete', KNOWN],
      `${KNOWN}: There is nothing with the ID "${KNOWN}". Run "muster artifacts list" to see the IDs.\n`,
    ],
    [
      ['deployments', 'continue', 'first', '--device', 'x'],
      '"first" is not an ID. Run "muster deployments list" to see the IDs.\n',
    ],
    [
      ['deployments', 'continue', KNOWN, '--device', 'x'],
      `There is nothing with the ID "${KNOWN}". Run "muster deployments list" to see the IDs.\n`,
    ],
    [
      ['devices', 'explain', 'x', KNOWN],
      `There is nothing with the ID "${KNOWN}". Run "muster deployments list" to see the IDs.\n`,
    ],
    [['devices', 'accept', 'x'], 'x: There is nothing with the ID "x". Run "muster devices list" to see the IDs.\n'],
    [
      ['devices', 'decommission', 'x'],
      'x: There is nothing with the ID "x". Run "muster devices list" to see the IDs.\n',
    ],
  ])('that is invalid: %j names the command that lists IDs', async (argv, stderr) => {
    expect(await runHere(argv, env)).toEqual({ code: 1, stdout: '', stderr })
  })
})

describe('wrong usage', () => {
  test.each([
    [['artifacts', 'upload'], 'FILE is required.\nSee "muster artifacts upload --help".'],
    [['artifacts', 'upload', 'a', 'b'], 'Give only one FILE'],
    [['artifacts', 'frob'], 'Unknown command "artifacts frob".\nSee "muster artifacts --help".'],
    [['devices', 'accept'], 'Give device IDs or --all-pending.\nSee "muster devices accept --help".'],
    [['devices', 'accept', 'a', '--all-pending'], 'Give device IDs or --all-pending'],
    [['devices', 'list', '--limit', 'x'], '--limit must be a whole number, at least 1'],
    [['devices', 'list', '--url', 'localhost'], 'must begin with http:// or https://'],
    [['filters', 'create', '--name', 'x'], '--term is required'],
    [
      ['filters', 'create', '--name', 'x', '--term', 'region=eu'],
      '"region=eu": a term is "scope/attribute operator value"',
    ],
    [['filters', 'preview'], 'Give a saved filter or --term'],
    [
      ['deployments', 'create', '--name', 'x', '--artifact', 'a'],
      'Choose the target devices with one of --filter, --devices, --group, --all or --again',
    ],
    [['deployments', 'create', '--name', 'x', '--all'], '--artifact is required'],
    [['deployments', 'create', '--name', 'x', '--artifact', 'a', '--all', '--group', 'g'], 'Choose the target devices'],
    [
      ['deployments', 'create', '--name', 'x', '--artifact', 'a', '--all', '--max-devices', '3'],
      '--max-devices requires --filter',
    ],
    [['deployments', 'create', '--name', 'x', '--artifact', 'a', '--all', '--phase', 'ten'], '"ten" is not a phase'],
    [['deployments', 'create', '--again', 'x'], '--again requires one of --failed and --not-reached'],
    [['deployments', 'create', '--name', 'x', '--artifact', 'a', '--all', '--failed'], 'require --again'],
    [
      ['deployments', 'create', '--name', 'x', '--artifact', 'a', '--all', '--preview', '--watch'],
      '--preview creates nothing that --watch could show',
    ],
    [['devices', 'pin', 'x'], 'Give a --reason'],
    [['deployments', 'continue'], 'ID is required'],
    [['deployments', 'continue', 'x', '--device', 'y', '--state', 'z'], 'Give only one of --device and --state'],
    [['deployments', 'open', 'x', '1'], '--reason is required'],
    [['deployments', 'open', 'x', '--reason', 'why'], 'PHASE is required'],
    [['deployments', 'verdict', 'x', '1', 'grafana', 'maybe'], 'VERDICT must be pass or fail'],
    [['deployments', 'rollback', 'x'], '--artifact is required'],
    [['deployments', 'watch', 'x', '--timeout', '5'], '--timeout must be a duration'],
    [['deployments', 'abort', 'x'], '--yes is required if there is no terminal'],
    [['login', '--url', 'http://127.0.0.1:1'], '--email is required'],
  ])('%j is reported with exit code 2', async (argv, stderr) => {
    expect(await runHere(argv, env)).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(stderr) })
  })
})
