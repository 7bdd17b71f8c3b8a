import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fileSchema } from '../src/deployments/file-schema.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { run } from './support/command.ts'
import { V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { runHere } from './support/run-here.ts'
import { isFull } from './support/sample.ts'
import type { TestTenant } from './support/server.ts'
import { addUser, eventsOf } from './support/users.ts'

const DOCS = resolve(import.meta.dirname, '../docs')
const M = '/api/management'
const server = useServer()
let tenant: TestTenant
let devices: SimulatedDevice[]
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-files-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))
beforeEach(async () => {
  tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'gateway-2.0', device_types: ['gateway'] })
  devices = await enrol(server, tenant, 5, (i) => ({
    ...{ device_type: 'gateway', artifact_name: 'gateway-1.0', ring: i < 2 ? 'canary' : 'field' },
  }))
})

const env = () => ({ MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: dir, SECRET: '00ff' })
const muster = (argv: string[], input = '') => runHere(argv, env(), input)

async function fileOf(content: string): Promise<string> {
  const path = join(dir, `${randomUUID()}.yaml`)
  await writeFile(path, content)
  return path
}

const FILTERS = `apiVersion: muster/v1
filters:
  - name: canaries
    terms:
      - { scope: inventory, attribute: ring, type: $eq, value: canary }
`
const EVERYTHING = `${FILTERS}
releases:
  - name: gateway-2.0
    tags: [stable, eu]
    notes: tried on the bench
roles:
  - name: approvers
    permission_sets_with_scope: [{ name: ApproveDeployments }]
recipes:
  - name: canaries first
    phases:
      - { filter: canaries, gate: { success_percent: 100, approval: required } }
      - {}
webhooks:
  - { url: 'https://hooks.example.com/muster', description: chat, secret_env: SECRET }
deployments:
  - key: gateway-2.0
    name: Gateways
    artifact_name: gateway-2.0
    all_devices: true
    recipe: canaries first
  - { key: canaries-2.0, name: Canaries, artifact_name: gateway-2.0, filter: canaries, max_devices: 2 }
`

/** There may be ten webhooks. */
const ROUNDS = isFull ? 10 : 2
const KINDS = ['release', 'filter', 'role', 'recipe', 'webhook', 'deployment', 'deployment']
type Shown = { kind: string; name: string; action: string; id?: string; device_count?: number; preview?: object }
const changesIn = (stdout: string): Shown[] => JSON.parse(stdout).changes

describe('a file that declares something of each kind', () => {
  test('is planned without a change, applied, and then there is nothing to do', async () => {
    const path = await fileOf(EVERYTHING)
    const before = await eventsOf(server, tenant)
    const planned = await muster(['plan', '-f', path, '--detailed-exitcode'])
    expect([planned.code, planned.stderr]).toEqual([2, ''])
    expect(planned.stdout).toContain('+ filter "canaries" would be created; 2 accepted devices match now\n')
    expect(planned.stdout).toContain('~ release "gateway-2.0" would be changed\n    tags: [] -> ["eu","stable"]\n')
    expect(planned.stdout).toContain('once recipe "canaries first" exists')
    expect(planned.stdout).toMatch(/^Plan: 6 to create, 1 to change, 0 unchanged\.$/m)
    expect(planned.stdout).toMatch(/^ {4}phases: \[.*"filter":"canaries"/m)
    expect(planned.stdout).not.toMatch(/00ff|filter_id/)
    expect(await eventsOf(server, tenant)).toEqual(before)

    const applied = await muster(['apply', '-f', path, '--json', '--detailed-exitcode'])
    expect([applied.code, applied.stderr]).toEqual([2, ''])
    const changes = changesIn(applied.stdout)
    expect(changes.map(({ kind }) => kind)).toEqual(KINDS)
    expect(changes.map(({ action }) => action)).toEqual(['change', ...Array(6).fill('create')])
    const ids = changes.slice(5).map(({ id = '' }) => id)
    const { body: gateways } = await tenant.api.get(`${V1}/${ids[0]}`)
    expect(gateways).toMatchObject({ key: 'gateway-2.0', name: 'Gateways', recipe: 'canaries first' })
    expect(gateways.phases).toHaveLength(2)
    expect(gateways.phases[0]).toMatchObject({ filter: { name: 'canaries' }, gate: { approval: 'required' } })
    const { body: canaries } = await tenant.api.get(`${V1}/${ids[1]}`)
    expect(canaries).toMatchObject({ key: 'canaries-2.0', dynamic: true, max_devices: 2, filter: { name: 'canaries' } })
    const [integration] = (await tenant.api.get(`${M}/v1/iot-manager/integrations`)).body
    expect(integration).toMatchObject({ description: 'chat', credentials: { http: { secret: '<omitted>' } } })

    const done = await eventsOf(server, tenant)
    for (const command of ['plan', 'apply']) {
      const again = await muster([command, '-f', path, '--detailed-exitcode'])
      expect([command, again.code, again.stderr]).toEqual([command, 0, ''])
      expect(again.stdout).toMatch(/\nNothing to do: 7 unchanged\.\n$/)
      expect(again.stdout).toContain(`= deployment "gateway-2.0" unchanged (${ids[0]})\n`)
    }
    expect(await eventsOf(server, tenant)).toEqual(done)
  })

  test('changes what differs, and leaves alone what it does not declare', async () => {
    await tenant.api.post(`${M}/v2/useradm/roles`, {
      ...{ name: 'others', permission_sets_with_scope: [{ name: 'ReadDevices' }] },
    })
    const path = await fileOf(EVERYTHING.replace(/deployments:[\s\S]*/, ''))
    expect(await muster(['apply', '-f', path])).toMatchObject({ code: 0, stderr: '' })
    const changed = await fileOf(
      EVERYTHING.replace(/deployments:[\s\S]*/, '')
        .replace('value: canary', 'value: field')
        .replace('ApproveDeployments', 'DeployToDevices')
        .replace('approval: required', 'approval: other_user')
        .replace('tags: [stable, eu]', 'tags: [eu, stable, eu]'),
    )
    const planned = await muster(['plan', '-f', changed, '--json'])
    expect(planned).toMatchObject({ code: 0, stdout: expect.not.stringContaining('filter_id') })
    expect(changesIn(planned.stdout).map(({ kind, action, device_count }) => [kind, action, device_count])).toEqual([
      ['release', 'unchanged', undefined],
      ['filter', 'change', 3],
      ['role', 'change', undefined],
      ['recipe', 'change', undefined],
      ['webhook', 'unchanged', undefined],
    ])
    const applied = await muster(['apply', '-f', changed])
    expect(applied).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Done: 0 created, 3 changed, 2 unchanged.'),
    })
    expect((await muster(['plan', '-f', changed, '--detailed-exitcode'])).code).toBe(0)
    const roles = (await tenant.api.get(`${M}/v2/useradm/roles`)).body.map(({ name }: { name: string }) => name)
    expect(roles).toEqual(expect.arrayContaining(['others', 'approvers']))
  })
})

const deployment = (members: string) => `apiVersion: muster/v1
deployments:
  - key: gateway-2.0
    name: Gateways
    artifact_name: gateway-2.0
${members}`

test('a deployment is previewed in numbers, from several files and standard input', async () => {
  const filters = await fileOf(FILTERS)
  const declared = deployment(
    '    all_devices: true\n    phases: [{ filter: canaries, gate: { approval: required } }, {}]\n',
  )
  const before = await muster(['plan', '-f', filters, '-f', '-'], declared)
  expect(before).toMatchObject({ code: 0, stdout: expect.stringContaining('once filter "canaries" exists.') })
  expect((await muster(['apply', '-f', filters])).code).toBe(0)
  const { code, stdout } = await muster(['plan', '--file', '-', '--file', filters], declared)
  expect(code).toBe(0)
  expect(stdout).toMatch(/\+ deployment "gateway-2\.0" would be created\n/)
  expect(stdout).toMatch(/^ {4}Target devices +5$/m)
  expect(stdout).toMatch(/^ {4}1 +named +2 .*$/m)
  expect(stdout).toMatch(/Plan: 1 to create, 0 to change, 1 unchanged\.\n$/)
})

test('each kind of target is created once for its key', async () => {
  await tenant.api.put(`${M}/v1/inventory/devices/${devices[0]!.id}/group`, { group: 'lab' })
  const file = await fileOf(`${FILTERS}deployments:
  - { key: a, name: a, artifact_name: gateway-2.0, group: lab }
  - { key: b, name: b, artifact_name: gateway-2.0, devices: ['${devices[1]!.id}', '${devices[2]!.id}'] }
  - { key: c, name: c, artifact_name: gateway-2.0, all_devices: true }
  - { key: d, name: d, artifact_name: gateway-2.0, filter: canaries, retries: 2, exclude: { filter: canaries, device_ids: [x] } }
`)
  const { code, stderr, stdout } = await muster(['apply', '-f', file, '--json'])
  expect([code, stderr]).toEqual([0, ''])
  const ids = changesIn(stdout).flatMap(({ kind, id }) => (kind === 'deployment' ? [id] : []))
  const shown = await Promise.all(ids.map(async (id) => (await tenant.api.get(`${V1}/${id}`)).body))
  expect(shown.map(({ key, initial_device_count, dynamic }) => [key, initial_device_count, dynamic])).toEqual([
    ['a', 1, false],
    ['b', 2, false],
    ['c', 5, false],
    ['d', 0, true],
  ])
  expect((await muster(['apply', '-f', file, '--detailed-exitcode'])).code).toBe(0)
})

test('a deployment that was declared otherwise is a problem, with its place, before anything is done', async () => {
  const path = await fileOf(deployment('    all_devices: true\n    retries: 1\n'))
  const applied = await muster(['apply', '-f', path, '--json'])
  const [{ id } = { id: '' }] = changesIn(applied.stdout)
  // What might as well be left out changes nothing.
  const same = await fileOf(
    deployment('    retries: 1\n    force_installation: false\n    phases: []\n    all_devices: true\n'),
  )
  expect((await muster(['plan', '-f', same, '--detailed-exitcode'])).code).toBe(0)
  const other = await fileOf(
    deployment(
      '    all_devices: true\n    retries: 2\n    order: random\nroles:\n  - name: r\n    permission_sets_with_scope: [{ name: Basic }]\n',
    ),
  )
  for (const command of ['plan', 'apply']) {
    const ended = await muster([command, '-f', other])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toBe(
      `${other}:8:12: deployment "gateway-2.0" exists (${id}) and was created with another order or retries. ` +
        'Of a deployment only update_control_map changes: undo the change, or give what is to be a new deployment a new key.\n',
    )
  }
  const roles = (await tenant.api.get(`${M}/v2/useradm/roles`)).body.map(({ name }: { name: string }) => name)
  expect(roles).not.toContain('r')
  // However long ago it was.
  expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
  server.advance(40 * 24 * 60 * 60 * 1000)
  tenant = { ...tenant, api: openApi(server.url, await tokenOf()) }
  expect(await muster(['apply', '-f', path])).toMatchObject({
    ...{ code: 0, stdout: expect.stringContaining(`= deployment "gateway-2.0" unchanged (${id})`) },
  })
})

test('the control map of a deployment that is not finished changes, also if somebody else has changed it', async () => {
  const map = (action: string) => ({ priority: 0, states: { ArtifactInstall_Enter: { action } } })
  const fileWith = (of?: object) =>
    fileOf(deployment(`    all_devices: true\n${of ? `    update_control_map: ${JSON.stringify(of)}\n` : ''}`))
  const path = await fileWith(map('pause'))
  const applied = await muster(['apply', '-f', path, '--json'])
  const [{ id } = { id: '' }] = changesIn(applied.stdout)
  const mapOf = async () => (await tenant.api.get(`${V1}/${id}`)).body.update_control_map
  expect(await mapOf()).toEqual(map('pause'))
  const other = await fileWith(map('fail'))
  const planned = await muster(['plan', '-f', other, '--detailed-exitcode'])
  expect(planned).toMatchObject({ code: 2, stderr: '' })
  expect(planned.stdout).toContain(`~ deployment "gateway-2.0" would be changed (${id})\n    update_control_map: {`)
  expect(await mapOf()).toEqual(map('pause'))
  expect((await muster(['apply', '-f', other, '--detailed-exitcode'])).code).toBe(2)
  expect(await mapOf()).toEqual(map('fail'))
  expect((await muster(['apply', '-f', other, '--detailed-exitcode'])).code).toBe(0)
  // Somebody changes it by hand; the file has the last word.
  expect((await tenant.api.patch(`${V1}/${id}`, { update_control_map: map('pause') })).status).toBe(204)
  expect((await muster(['plan', '-f', path, '--detailed-exitcode'])).code).toBe(0)
  expect((await muster(['apply', '-f', other, '--detailed-exitcode'])).code).toBe(2)
  const none = await fileWith()
  expect((await muster(['apply', '-f', none, '--detailed-exitcode'])).code).toBe(2)
  expect(await mapOf()).toBeUndefined()
  await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
  expect((await muster(['apply', '-f', none, '--detailed-exitcode'])).code).toBe(0)
  const late = await muster(['plan', '-f', path])
  expect([late.code, late.stderr]).toEqual([1, expect.stringContaining(`(${id}) is finished, and had another`)])
})

test('of a webhook, what is declared changes, and nothing else', async () => {
  const INTEGRATIONS = `${M}/v1/iot-manager/integrations`
  const fileWith = (members: string) =>
    fileOf(`apiVersion: muster/v1\nwebhooks:\n  - { url: 'https://hooks.example.com/muster'${members} }\n`)
  const shown = async () => (await tenant.api.get(INTEGRATIONS)).body[0]
  await muster(['apply', '-f', await fileWith(', description: chat, format: slack')])
  expect(await shown()).toMatchObject({ description: 'chat', format: 'slack' })
  const plain = await fileWith('')
  expect((await muster(['plan', '-f', plain, '--detailed-exitcode'])).code).toBe(0)
  const more = await fileWith(
    ', description: ops, events: [deployment-tripped, deployment-created], secret_env: SECRET',
  )
  const applied = await muster(['apply', '-f', more, '--detailed-exitcode'])
  expect([applied.code, applied.stderr]).toEqual([2, ''])
  expect(await shown()).toMatchObject({
    ...{ description: 'ops', format: 'slack', credentials: { http: { secret: '<omitted>' } } },
    events: ['deployment-created', 'deployment-tripped'],
  })
  expect((await muster(['apply', '-f', more, '--detailed-exitcode'])).code).toBe(0)
})

async function tokenOf(): Promise<string> {
  const { email, password } = tenant
  const headers = { authorization: `Basic ${btoa(`${email}:${password}`)}` }
  return (await openApi(server.url).post(`${M}/v1/useradm/auth/login`, undefined, headers)).text
}

describe('problems have the file, the line and the column', () => {
  const problems = async (content: string) => {
    const path = await fileOf(content)
    const { code, stdout, stderr } = await muster(['apply', '-f', path])
    expect([code, stdout]).toEqual([1, ''])
    return stderr.replaceAll(path, 'F').trimEnd().split('\n')
  }

  test('of the syntax', async () => {
    expect(await problems('apiVersion: muster/v1\nfilters: [\n')).toEqual([
      expect.stringMatching(/^F:3:1: Flow sequence in block collection must be .* a \]\.$/),
    ])
    expect(await problems('apiVersion: muster/v1\nfilters: []\nfilters: []\n')).toEqual([
      'F:3:1: Map keys must be unique.',
    ])
    expect(await problems('# nothing\n')).toEqual(['F is empty: it should begin with "apiVersion: muster/v1".'])
    expect(
      await problems(
        'a: &a [1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c]\n',
      ),
    ).toEqual(['F: Excessive alias count indicates a resource exhaustion attack.'])
  })

  test('of the schema', async () => {
    const content = `apiVersion: muster/v2
filtres: []
filters:
  - name: f
    terms:
      - { scope: inventory, attribute: ring, type: $equals, value: canary }
      - { type: $or, terms: [{ scope: place, attribute: ring, type: $eq, value: 1 }] }
roles:
  - name: r
deployments:
  - key: ' k'
    name: [x]
    artifact_name: gateway-2.0
    all_devices: true
    phases:
      - filter_id: x
      - batch_size: many
`
    expect(await problems(content)).toEqual([
      'F:1:13: apiVersion must be muster/v1.',
      'F:2:1: unknown member "filtres". Did you mean "filters"?',
      expect.stringMatching(/^F:6:52: filters\.0\.terms\.0\.type must be one of \$eq, /),
      expect.stringMatching(/^F:7:39: filters\.0\.terms\.1\.terms\.0\.scope must be one of system, /),
      'F:9:5: roles.0.permission_sets_with_scope is missing.',
      expect.stringMatching(/^F:11:10: deployments\.0\.key must match pattern/),
      'F:12:11: deployments.0.name must be string.',
      'F:16:9: deployments.0.phases.0: unknown member "filter_id". Did you mean "filter"?',
      'F:17:21: deployments.0.phases.1.batch_size must be integer.',
    ])
  })

  test('of what is declared', async () => {
    const target = '    group: lab\n    all_devices: true\n'
    expect(await problems(deployment(target))).toEqual(['F:3:5: must have one of filter, group, devices, all_devices.'])
    expect(
      await problems(
        deployment(`    all_devices: true\n${deployment('').split('\n').slice(2).join('\n')}    all_devices: true\n`),
      ),
    ).toEqual([expect.stringMatching(/^F:7:10: key "gateway-2\.0" is declared in .*, line 3, too\.$/)])
    expect(
      await problems('apiVersion: muster/v1\nwebhooks:\n  - url: https://a.example.com\n    secret_env: NOT_THERE\n'),
    ).toEqual(['F:4:17: The environment variable NOT_THERE is not set.'])
  })

  test('of the server, all of them', async () => {
    const content = `apiVersion: muster/v1
releases:
  - name: gateway-3.0
    tags: [x]
filters:
  - name: f
    terms: [{ scope: inventory, attribute: ring, type: $regex, value: '(' }]
webhooks:
  - url: http://10.0.0.1/
deployments:
  - { key: a, name: a, artifact_name: gateway-3.0, all_devices: true }
  - { key: b, name: b, artifact_name: gateway-2.0, filter: nowhere }
  - key: c
    name: c
    artifact_name: gateway-2.0
    all_devices: true
    phases:
      - batch_size: 1000
      - {}
`
    expect(await problems(content)).toEqual([
      'F:3:11: There is no release "gateway-3.0": upload one of its artifacts first.',
      expect.stringMatching(/^F:7:71: validation failed for term/),
      expect.stringMatching(/^F:11:39: There is no release "gateway-3\.0"\./),
      'F:12:60: There is no filter "nowhere", neither in these files nor on the server.',
      expect.stringMatching(/^F:19:9: .*phases\.1\.start_ts/),
    ])
  })

  test('and a file that cannot be read, or an option that is not known, is a failure, not a change', async () => {
    expect(await muster(['plan', '-f', '/nowhere.yaml'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no file /nowhere.yaml.\n',
    })
    for (const argv of [['plan'], ['plan', '--fil'], ['apply', 'x'], ['apply', '-f', '-', '-f', '-']])
      expect(await muster(argv)).toMatchObject({ code: 1, stdout: '' })
  })
})

test('what a failure cuts off is completed by the next run', async () => {
  const path = await fileOf(`${FILTERS}webhooks:
  - url: http://10.0.0.1/
deployments:
  - { key: a, name: a, artifact_name: gateway-2.0, filter: canaries }
`)
  const ended = await muster(['apply', '-f', path])
  expect(ended.code).toBe(1)
  expect(ended.stdout).toMatch(/^\+ filter "canaries" created; 2 accepted devices match now\n/)
  expect(ended.stderr).toContain(`${path}:7:10: `)
  const mended = await fileOf(readFileSync(path, 'utf8').replace('10.0.0.1', 'hooks.example.com'))
  expect(await muster(['apply', '-f', mended])).toMatchObject({
    ...{ code: 0, stdout: expect.stringContaining('Done: 2 created, 0 changed, 1 unchanged.') },
  })
})

/** The same file with other names of everything. */
const renamed = (round: number) =>
  EVERYTHING.replaceAll('canaries', `canaries-${round}`)
    .replace('name: approvers', `name: approvers-${round}`)
    .replace('.com/muster', `.com/muster-${round}`)
    .replace('key: gateway-2.0', `key: gateway-2.0-${round}`)

test(`of pipelines that apply the same file at the same time, one creates each object, ${ROUNDS} times`, {
  timeout: 1_800_000,
}, async () => {
  const users = [tenant, await addUser(server, tenant)]
  for (let round = 0; round < ROUNDS; round++) {
    const path = await fileOf(renamed(round))
    const ended = await Promise.all(
      [0, 1, 0].map((user) =>
        run(['apply', '-f', path, '--json', '--detailed-exitcode'], {
          ...env(),
          MUSTER_TOKEN: users[user]!.api.token!,
        }),
      ),
    )
    const all = ended.map(({ stdout }) => changesIn(stdout))
    for (const [i, { code, stderr }] of ended.entries()) {
      const isUnchanged = all[i]!.every(({ action }) => action === 'unchanged')
      expect([round, code, stderr]).toEqual([round, isUnchanged ? 0 : 2, ''])
    }
    for (const [i, kind] of KINDS.entries()) {
      if (kind === 'release') continue
      const same = all.map((changes) => changes[i]!)
      expect([round, kind, same.filter(({ action }) => action === 'create').length]).toEqual([round, kind, 1])
      expect([round, kind, same.filter(({ action }) => action === 'change').length]).toEqual([round, kind, 0])
      expect(new Set(same.map(({ id }) => id)).size).toBe(1)
    }
  }
  const names = async (path: string, member: string): Promise<string[]> =>
    (await tenant.api.get(path)).body.map((one: Record<string, string>) => one[member])
  const unique = (list: string[]) => expect(new Set(list).size).toBe(list.length)
  unique(await names(`${V1}?per_page=100`, 'key'))
  unique(await names(`${M}/v2/inventory/filters?per_page=100`, 'name'))
  unique(await names(`${M}/v2/useradm/roles`, 'name'))
  const integrations = (await tenant.api.get(`${M}/v1/iot-manager/integrations`)).body
  expect(integrations).toHaveLength(ROUNDS)
  const created = (await eventsOf(server, tenant)).filter(({ action, object }) => {
    const { type } = object as { type: string }
    return action === 'create' && type !== 'user'
  })
  // Filter, role, webhook and two deployments; a recipe is saved, not created.
  expect(created).toHaveLength(5 * ROUNDS)
})

test('the key of a deployment belongs to its tenant, and creations through the API have it, too', async () => {
  const body = { key: 'k', name: 'a', artifact_name: 'gateway-2.0', devices: [devices[0]!.id] }
  const first = await tenant.api.post(V1, body)
  expect(first.status).toBe(201)
  const deployment_id = first.headers.get('location')?.split('/').at(-1)
  const again = await tenant.api.post(V1, { ...body, retries: null })
  expect(again).toMatchObject({
    status: 409,
    body: { code: 'deployment_key_taken', field: 'key', deployment_id, changed: [] },
  })
  const other = await tenant.api.post(V1, { ...body, name: 'b', devices: [devices[1]!.id] })
  expect(other.body).toMatchObject({ code: 'deployment_key_taken', deployment_id, changed: ['devices', 'name'] })
  const preview = await tenant.api.post('/api/management/v2/deployments/deployments/preview', body)
  expect(preview).toMatchObject({ status: 409, body: { deployment_id, changed: [] } })
  expect((await tenant.api.post(V1, { ...body, key: 'a b', name: 'c' })).status).toBe(201)
  for (const key of ['', ' a', 'a ', 'a\nb', 'x'.repeat(129), 7])
    expect([key, await tenant.api.post(V1, { ...body, key })]).toMatchObject([
      key,
      { status: 400, body: { field: 'key' } },
    ])
  const elsewhere = await server.tenant()
  await uploadTestArtifact(elsewhere.api, { name: 'gateway-2.0' })
  const [device] = await enrol(server, elsewhere, 1)
  expect((await elsewhere.api.post(V1, { ...body, devices: [device!.id] })).status).toBe(201)
  const concurrent = await Promise.all(
    Array.from({ length: 8 }, () => tenant.api.post(V1, { ...body, key: 'at once' })),
  )
  expect(concurrent.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
})

test('the schema is the one in the repository, the examples meet it, and editors find it', async () => {
  const served = (await openApi(server.url).get('/api/rollout-file.schema.json')).body
  expect(served).toEqual(fileSchema())
  expect(served, 'npm run openapi').toEqual(JSON.parse(readFileSync(join(DOCS, 'rollout-file.schema.json'), 'utf8')))
  const validate = new Ajv({ strict: false, allErrors: true }).compile(served)
  const example = readFileSync(join(DOCS, 'examples/rollout.yaml'), 'utf8')
  expect([validate(parse(example)), validate.errors]).toEqual([true, null])
  const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(example) ?? []
  expect(resolve(DOCS, 'examples', path)).toBe(join(DOCS, 'rollout-file.schema.json'))
  expect([validate(parse(EVERYTHING)), validate.errors]).toEqual([true, null])
})

test('the description of a webhook is changed if it is declared, and left alone otherwise', async () => {
  const url = 'https://hooks.example.com/described'
  const webhook = `apiVersion: muster/v1\nwebhooks:\n  - url: ${url}\n`
  for (const [content, outcome] of [
    [`${webhook}    description: chat\n`, '1 created, 0 changed'],
    [`${webhook}    description: dashboard\n`, '0 created, 1 changed'],
    [webhook, '1 unchanged'],
  ] as const)
    expect(await muster(['apply', '-f', await fileOf(content)])).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining(outcome) },
    })
  const { body } = await tenant.api.get('/api/management/v1/iot-manager/integrations')
  const credentials = { type: 'http', http: { url } }
  expect(body).toContainEqual(expect.objectContaining({ description: 'dashboard', credentials }))
})
