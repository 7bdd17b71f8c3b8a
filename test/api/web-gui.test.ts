import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import { buildArtifact, uploadTestArtifact } from '../support/artifact.ts'
import { authOf, claimsOf } from '../support/auth.ts'
import { poll } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { type Gui, idIn, type Json, openGui } from '../support/web-gui.ts'

// The requests of Mender's web GUI, in the order in which it sends them, and what it reads in the responses.

const DEPLOYMENTS = 'v1/deployments/deployments'
const RELEASES = 'v2/deployments/deployments/releases'
const SEARCH = 'v2/inventory/filters/search'
const FILTERS = 'v2/inventory/filters'

const server = useServer()
let tenant: TestTenant
let gui: Gui
beforeEach(async () => {
  tenant = await server.tenant()
  gui = openGui(tenant.api)
})

const accepted = { scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }
const inEu = { scope: 'inventory', attribute: 'region', type: '$eq', value: 'eu' }
const search = (filters: object[], more: object = {}) => ({
  ...{ page: 1, per_page: 20, filters, sort: [], attributes: [], ...more },
})

test('logging in: first without a password, then with the right one', async () => {
  const login = (password: string) =>
    openApi(server.url).post(
      '/api/management/v1/useradm/auth/login',
      { token2fa: '', no_expiry: false },
      { authorization: `Basic ${Buffer.from(`${tenant.email}:${password}`).toString('base64')}` },
    )
  expect(await login('')).toMatchObject({ status: 401, body: { error: expect.any(String) } })
  const { status, headers, text } = await login(tenant.password)
  expect([status, headers.get('content-type')]).toEqual([200, 'application/jwt'])
  const claims = claimsOf(text)
  expect(claims).toMatchObject({ sub: expect.any(String), exp: expect.any(Number) })
  expect([claims['mender.plan'], claims['mender.trial'], claims['mender.addons']]).toEqual(['enterprise', false, []])
  expect(await openGui(openApi(server.url, text)).get('v1/useradm/users/me')).toMatchObject({ id: claims.sub })
})

describe('starting up', () => {
  const start = async () => {
    expect(await gui.get('v1/useradm/users/me')).toMatchObject({
      ...{
        id: expect.any(String),
        email: tenant.email,
        roles: ['RBAC_ROLE_PERMIT_ALL'],
        verified: true,
        tfa_status: 'disabled',
      },
      tenants: [{ id: tenant.tenant_id }],
    })
    for (let twice = 0; twice < 2; twice++)
      expect(await gui.get('v1/tenantadm/user/tenant')).toMatchObject({
        ...{
          id: tenant.tenant_id,
          name: 'test',
          plan: 'enterprise',
          trial: false,
          addons: [{ name: 'configure', enabled: true }],
          service_provider: false,
        },
      })
    const { devices_by_status } = await gui.get('v2/inventory/statistics')
    expect(Object.keys(devices_by_status).sort()).toEqual(['accepted', 'pending', 'preauthorized', 'rejected'])
    const attributes = await gui.get('v2/inventory/filters/attributes')
    for (const one of attributes) expect(one).toMatchObject({ scope: expect.any(String), name: expect.any(String) })
    const filters = await gui.list(`${FILTERS}?per_page=500`)
    const searches: Json[] = []
    for (const filters of [
      [accepted],
      [{ ...accepted, value: 'pending' }],
      [{ ...accepted, value: 'rejected' }],
      [{ ...accepted, value: 'preauthorized' }],
      [
        accepted,
        {
          scope: 'system',
          attribute: 'check_in_time',
          type: '$ltne',
          value: new Date(server.env.now().getTime() - 86_400_000).toISOString(),
        },
      ],
      [accepted, { scope: 'system', attribute: 'group', type: '$nin', value: ['lab', 'eu'] }],
    ])
      searches.push(await gui.list(SEARCH, search(filters)))
    const groups = await gui.get('v1/inventory/groups')
    const ids = searches[0].rows.map(({ id }: Json) => `id=${id}`)
    const devices = ids.length > 0 ? await gui.get(`v2/devauth/devices?${ids.join('&')}`) : []
    expect(devices).toHaveLength(ids.length)
    const limits = await gui.get('v2/devauth/limits/devices')
    expect(limits).toEqual({ standard: -1, micro: 0, system: 0 })
    expect(await gui.get('v2/devauth/limits/max_devices')).toEqual({ limit: -1 })
    expect(await gui.get('v1/iot-manager/integrations')).toEqual([])
    const releases = await gui.list(`${RELEASES}?page=1&per_page=20&sort=modified:desc`)
    const deployments = []
    for (const status of ['pending', 'inprogress', 'finished'])
      for (const per_page of [3, 20])
        deployments.push(await gui.list(`${DEPLOYMENTS}?status=${status}&per_page=${per_page}&sort=desc`))
    const totals = [filters, releases, ...searches, ...deployments].map(({ total }) => total)
    return { devices_by_status, groups, totals, devices, attributes }
  }

  test('shows empty lists and no error in a new tenant', async () => {
    const { groups, totals, devices_by_status } = await start()
    expect(groups).toEqual([])
    expect(totals).toEqual(totals.map(() => 0))
    expect(devices_by_status.accepted).toEqual({ standard: 0, micro: 0, system: 0 })
  })

  test('shows all devices and deployments', async () => {
    const [device] = await enrol(server, tenant, 3, { region: 'eu', device_type: 'qemux86-64' })
    await authOf(server, tenant).waiting()
    await gui.put(`v1/inventory/devices/${device?.id}/group`, { group: 'lab' })
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    await gui.post(FILTERS, { name: 'eu-fleet', terms: [inEu] })
    await gui.post(DEPLOYMENTS, {
      artifact_name: 'release-1',
      all_devices: true,
      name: 'All devices',
      force_installation: false,
    })
    const { groups, totals, devices, devices_by_status, attributes } = await start()
    expect(groups).toEqual(['lab'])
    expect(devices_by_status.pending.standard).toBe(1)
    // One filter, one release; of the searches: accepted, pending, rejected, preauthorized, offline, not in a group.
    expect(totals.slice(0, 8)).toEqual([1, 1, 3, 1, 0, 0, 0, 2])
    expect(totals.slice(8)).toEqual([1, 1, 0, 0, 0, 0])
    expect(attributes).toContainEqual(expect.objectContaining({ scope: 'inventory', name: 'region' }))
    for (const { identity_data, status, auth_sets, created_ts } of devices) {
      expect({ identity_data, status, created_ts }).toMatchObject({
        identity_data: { mac: expect.any(String) },
        status: 'accepted',
      })
      expect(auth_sets).toMatchObject([
        { status: 'accepted', pubkey: expect.stringMatching(/^-----BEGIN/), ts: created_ts },
      ])
    }
  })

  const isServed = async (path: string) => path in (await tenant.api.get('/api/openapi.json')).body.paths

  test('reads and writes settings', async () => {
    for (const path of ['v1/useradm/settings', 'v1/useradm/settings/me']) {
      const read = await tenant.api.get(`/api/management/${path}`)
      expect(read).toMatchObject({ status: 200, body: {} })
      const headers = { 'if-match': read.headers.get('etag') ?? '' }
      const previousPhases = [[{ batch_size: 10, delay: 2, delayUnit: 'hours' }]]
      const saved = { previousPhases, retries: 2, hasDeployments: true }
      expect(await tenant.api.post(`/api/management/${path}`, saved, headers)).toMatchObject({ status: 201 })
      expect(await gui.get(path)).toMatchObject(saved)
      expect(await tenant.api.post(`/api/management/${path}`, {}, headers)).toMatchObject({ status: 412 })
    }
  })

  test.each(['roles', 'permission_sets'])('reads the %s', async (what) => {
    const path = `/api/management/v2/useradm/${what}`
    if (await isServed(path)) expect(await gui.get(`v2/useradm/${what}?per_page=500`)).toEqual(expect.any(Array))
    // The GUI starts without error without this route, too.
    else expect(await tenant.api.get(path)).toMatchObject({ status: 404 })
  })
})

describe('devices', () => {
  test('are listed, accepted individually, and collected in a dynamic group', async () => {
    const auth = authOf(server, tenant)
    const waiting = [await auth.waiting(), await auth.waiting()]
    const pending = { ...accepted, value: 'pending' }
    const columns = [
      { scope: 'identity', attribute: 'mac' },
      { scope: 'system', attribute: 'created_ts' },
    ]
    const sort = [{ scope: 'system', attribute: 'created_ts', order: 'desc' }]
    const { rows } = await gui.list(SEARCH, search([pending], { sort, attributes: columns }))
    expect(rows.map(({ id }: Json) => id)).toEqual(waiting.map(({ id }) => id).reverse())
    for (const { attributes, updated_ts } of rows) {
      expect(updated_ts).toEqual(expect.any(String))
      expect(attributes.map(({ scope, name }: Json) => `${scope}/${name}`).sort()).toEqual([
        'identity/mac',
        'system/created_ts',
      ])
    }
    for (const { id } of waiting) {
      const [{ auth_sets }] = await gui.get(`v2/devauth/devices?id=${id}`)
      const path = `v2/devauth/devices/${id}/auth/${auth_sets[0].id}/status`
      expect(await gui.put(path, { status: 'accepted' })).toMatchObject({ status: 204 })
      expect(await gui.get(`v2/devauth/devices?id=${id}`)).toMatchObject([{ id, status: 'accepted' }])
    }
    expect((await gui.list(SEARCH, search([accepted]))).total).toBe(2)

    const term = { scope: 'inventory', attribute: 'device_type', type: '$eq', value: 'qemux86-64' }
    const made = await gui.post(FILTERS, { name: 'acceptance', terms: [term] })
    expect(made.status).toBe(201)
    const id = idIn(made)
    expect((await gui.list(`${FILTERS}?per_page=500`)).rows).toEqual([{ id, name: 'acceptance', terms: [term] }])
    // The GUI edits a filter by deleting and creating it.
    expect(await gui.delete(`${FILTERS}/${id}`)).toMatchObject({ status: 204 })
    const again = await gui.post(FILTERS, { name: 'acceptance', terms: [{ ...term, value: 'raspberrypi4' }] })
    expect([again.status, idIn(again) !== id]).toEqual([201, true])
  })

  test('are searched while a rule is still being typed', async () => {
    await enrol(server, tenant, 2, (i) => ({ region: 'eu', version: `${i}`, memory: i }))
    const rule = (type: string, value: unknown, attribute = 'version') => ({
      scope: 'inventory',
      attribute,
      type,
      value,
    })
    const cases: [object, number][] = [
      [rule('$eq', ''), 0],
      [rule('$ne', ''), 2],
      [rule('$gt', 0), 0],
      [rule('$gt', 0, 'memory'), 1],
      [rule('$lt', 1, 'memory'), 1],
      [rule('$in', ['0', '1']), 2],
      [rule('$nin', ['0']), 1],
      [rule('$exists', true), 2],
      [rule('$exists', false), 0],
      [rule('$regex', '[01]'), 2],
      [rule('$ltne', '1'), 1],
    ]
    for (const [term, total] of cases)
      expect([term, (await gui.list(SEARCH, search([accepted, term]))).total]).toEqual([term, total])
    const { type, ...untyped } = rule('$gte', 1)
    expect(type).toBe('$gte')
    for (const term of [untyped, rule('$regex', '['), rule('$in', '0'), { ...rule('$eq', 'x'), attribute: '' }])
      expect(await gui.post(SEARCH, search([term]))).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/\w \w/), request_id: expect.any(String) },
      })
    expect((await gui.list(SEARCH, search([], { text: 'eu' }))).total).toBe(2)
  })
})

test('releases: uploading, generating, noting, tagging, deleting', async () => {
  const list = `${RELEASES}?page=1&per_page=20&sort=modified:desc`
  expect(await gui.list(list)).toEqual({ rows: [], total: 0 })
  const file = await buildArtifact({ name: 'release-2.0' })
  const upload = new FormData()
  upload.append('size', String(file.length))
  upload.append('description', '')
  upload.append('artifact', new Blob([new Uint8Array(file)]), 'own-name.mender')
  expect(await gui.post('v1/deployments/artifacts', upload)).toMatchObject({ status: 201 })
  const [release] = (await gui.list(list)).rows
  expect(release).toMatchObject({
    ...{ name: 'release-2.0', modified: expect.any(String), tags: [], notes: '', artifacts_count: 1 },
    artifacts: [
      {
        ...{
          id: expect.any(String),
          name: 'release-2.0',
          description: '',
          size: file.length,
          modified: expect.any(String),
        },
        ...{ device_types_compatible: ['qemux86-64'], updates: [{ type_info: { type: 'script' } }] },
        ...{ artifact_provides: { artifact_name: 'release-2.0' }, artifact_depends: { device_type: ['qemux86-64'] } },
      },
    ],
  })

  const made = new FormData()
  const args = {
    dest_dir: '/opt',
    filename: 'app.conf',
    software_filesystem: '',
    software_name: '',
    software_version: '',
  }
  const parts = { name: 'conf-1', description: '', device_types_compatible: 'qemux86-64', args: JSON.stringify(args) }
  for (const [name, text] of Object.entries({ ...parts, type: 'single_file' })) made.append(name, text)
  made.append('file', new Blob(['a=1']), 'app.conf')
  const generated = await gui.post('v1/deployments/artifacts/generate', made)
  expect(generated.status).toBe(201)
  const location = (generated.headers.get('location') ?? '').replace('/generate', '')
  expect(await tenant.api.get(location)).toMatchObject({ status: 200, body: { name: 'conf-1' } })

  expect(await gui.put(`${RELEASES}/conf-1/tags`, ['stable'])).toMatchObject({ status: 204 })
  expect(await gui.patch(`${RELEASES}/conf-1`, { notes: 'tried' })).toMatchObject({ status: 204 })
  expect(await gui.get(`${RELEASES}/conf-1`)).toMatchObject({ name: 'conf-1', tags: ['stable'], notes: 'tried' })
  expect(await gui.get('v2/deployments/releases/all/tags')).toEqual(['stable'])
  expect(await gui.get('v2/deployments/releases/all/types')).toEqual(['script', 'single-file'])
  for (const [query, total] of Object.entries({
    'name=conf': 1,
    'tag=stable': 1,
    'update_type=script': 1,
    'name=x': 0,
  }))
    expect([query, (await gui.list(`${list}&${query}`)).total]).toEqual([query, total])
  const { uri } = await gui.get(`v1/deployments/artifacts/${release.artifacts[0].id}/download`)
  expect((await (await fetch(uri)).arrayBuffer()).byteLength).toBe(file.length)
  expect(await gui.get('v1/deployments/limits/storage')).toEqual({ limit: 0, usage: expect.any(Number) })
  expect(await gui.delete(`${RELEASES}?name=conf-1&name=release-2.0`)).toMatchObject({ status: 204 })
  expect(await gui.list(list)).toEqual({ rows: [], total: 0 })
})

describe('the wizard', () => {
  let devices: SimulatedDevice[]
  let filter_id: string
  beforeEach(async () => {
    devices = await enrol(server, tenant, 10, { region: 'eu', device_type: 'qemux86-64' })
    await uploadTestArtifact(tenant.api, { name: 'release-2.0' })
    filter_id = idIn(await gui.post(FILTERS, { name: 'eu-fleet', terms: [inEu] }))
    for (const { id } of devices.slice(0, 4)) await gui.put(`v1/inventory/devices/${id}/group`, { group: 'lab' })
  })

  const inHours = (hours: number) => new Date(server.env.now().getTime() + hours * 3_600_000).toISOString()
  const first = { batch_size: 50, delay: 2, delayUnit: 'hours' }
  const dynamic: [string, () => object, Json][] = [
    ['nothing else', () => ({}), { status: 'pending', retries: 0 }],
    [
      'two phases and three attempts',
      () => ({ phases: [first, { start_ts: inHours(2) }], retries: 2 }),
      {
        status: 'pending',
        retries: 2,
        phases: [
          { batch_size: 50, device_count: 0 },
          { batch_size: 50, start_ts: expect.any(String) },
        ],
      },
    ],
    [
      'two phases as of 2024, the last of null percent',
      () => ({ phases: [first, { batch_size: null, start_ts: inHours(2) }], retries: 2 }),
      { phases: [{ batch_size: 50 }, { batch_size: 50, start_ts: expect.any(String) }] },
    ],
    [
      'three phases',
      () => ({
        phases: [
          { batch_size: 33, delay: 2, delayUnit: 'hours' },
          { batch_size: 10, delay: 2, delayUnit: 'days', start_ts: inHours(2) },
          { start_ts: inHours(50) },
        ],
      }),
      { phases: [{ batch_size: 33 }, { batch_size: 10 }, { batch_size: 57 }] },
    ],
    [
      'one phase in the future',
      () => ({ phases: [{ batch_size: 100, start_ts: inHours(24), delay: 0 }] }),
      { status: 'scheduled', phases: [{ batch_size: 100, start_ts: expect.any(String) }] },
    ],
    ['a device limit', () => ({ max_devices: 20 }), { max_devices: 20 }],
    [
      'pauses and force',
      () => ({
        update_control_map: { states: { ArtifactInstall_Enter: { action: 'pause' } } },
        force_installation: true,
      }),
      { force_installation: true, update_control_map: { states: { ArtifactInstall_Enter: { action: 'pause' } } } },
    ],
  ]

  test.each(dynamic)('deploys to a dynamic group, with %s', async (_, choice, shown) => {
    await gui.list(`${RELEASES}?page=1&per_page=100&sort=modified:desc`)
    expect(await gui.get('v1/deployments/config')).toEqual({})
    await gui.get('v2/deployments/releases/all/tags')
    await gui.get('v2/deployments/releases/all/types')
    expect((await gui.list(SEARCH, search([inEu, accepted], { per_page: 1 }))).total).toBe(10)
    const group = { filter_id, all_devices: false, group: 'eu-fleet', name: 'eu-fleet' }
    const body = { artifact_name: 'release-2.0', ...group, force_installation: false, ...choice() }
    const created = await gui.post('v2/deployments/deployments', body)
    expect(created.status).toBe(201)
    const id = idIn(created)
    const deployment = await gui.get(`${DEPLOYMENTS}/${id}`)
    expect(deployment).toMatchObject({
      ...{
        id,
        name: 'eu-fleet',
        artifact_name: 'release-2.0',
        dynamic: true,
        device_count: 0,
        initial_device_count: 10,
      },
      ...{ filter: { id: filter_id, name: 'eu-fleet', terms: [inEu] }, groups: [], type: 'software', ...shown },
      statistics: { status: { pending: 0, success: 0 }, total_size: 0 },
    })
    const phases: string[] = (deployment.phases ?? []).map((phase: Json) => phase.id)
    expect(phases.every((one) => one.length > 0) && new Set(phases).size === phases.length).toBe(true)
    expect((await gui.list(`${DEPLOYMENTS}?status=${deployment.status}&per_page=20&sort=desc`)).rows).toEqual([
      deployment,
    ])
  })

  test.each([
    ['all devices', DEPLOYMENTS, () => ({ all_devices: true, name: 'All devices' }), 10, []],
    ['a static group', `${DEPLOYMENTS}/group/lab`, () => ({ group: 'lab', name: 'lab' }), 4, ['lab']],
    [
      'ticked devices',
      DEPLOYMENTS,
      () => ({ devices: devices.slice(5, 7).map(({ id }) => id), name: devices[5]?.id }),
      2,
      [],
    ],
  ])('deploys to %s', async (_, path, choice, max_devices, groups) => {
    const created = await gui.post(path, { artifact_name: 'release-2.0', ...choice(), force_installation: false })
    expect(created.status).toBe(201)
    const deployment = await gui.get(`${DEPLOYMENTS}/${idIn(created)}`)
    expect(deployment).toMatchObject({ max_devices, groups, dynamic: false, status: 'pending', device_count: 0 })
    // The GUI treats a name that is a UUID as that of a device.
    if (deployment.name === devices[5]?.id)
      expect(await gui.get(`v1/inventory/devices/${deployment.name}`)).toMatchObject({ id: deployment.name })
  })

  test('gets a message that states the error', async () => {
    const body = { artifact_name: 'release-2.0', filter_id, all_devices: false, group: 'eu-fleet', name: 'eu-fleet' }
    const empty = { ...body, phases: [{ batch_size: 5 }, { start_ts: inHours(1) }] }
    for (const [wrong, status, reason] of [
      [{ ...body, artifact_name: 'none' }, 422, { code: 'release_not_found', field: 'artifact_name' }],
      [empty, 400, { code: 'empty_phase', field: 'phases.0.batch_size' }],
      [{ ...body, filter_id: randomUUID() }, 400, { code: 'filter_not_found', field: 'filter_id' }],
    ] as const) {
      const { body } = await gui.post('v2/deployments/deployments', wrong)
      const sentence = { error: expect.stringMatching(/\w \w/), request_id: expect.any(String) }
      expect([wrong, body]).toEqual([wrong, { ...sentence, ...reason }])
      expect(await gui.post('v2/deployments/deployments', wrong)).toMatchObject({ status })
    }
    expect(await gui.list(`${DEPLOYMENTS}?per_page=20&sort=desc`)).toEqual({ rows: [], total: 0 })
  })
})

describe('a running deployment', () => {
  let devices: SimulatedDevice[]
  let id: string
  const update_control_map = { states: { ArtifactInstall_Enter: { action: 'pause' } } }
  beforeEach(async () => {
    devices = await enrol(server, tenant, 12, { region: 'eu', device_type: 'qemux86-64' })
    await uploadTestArtifact(tenant.api, { name: 'release-2.0' })
    const filter_id = idIn(await gui.post(FILTERS, { name: 'eu-fleet', terms: [inEu] }))
    const body = { artifact_name: 'release-2.0', filter_id, name: 'eu-fleet', retries: 1, update_control_map }
    id = idIn(await gui.post('v2/deployments/deployments', body))
    for (const device of devices) expect((await poll(device)).status).toBe(200)
  })

  const active = (status: string) => gui.list(`${DEPLOYMENTS}?status=${status}&per_page=10&page=1&sort=desc`)

  test('moves from list to list, and is found with the requests of the GUI', async () => {
    expect(await active('pending')).toMatchObject({ total: 1 })
    await devices[0]?.report(id, 'downloading')
    expect(await active('pending')).toEqual({ rows: [], total: 0 })
    expect(await active('inprogress')).toMatchObject({ rows: [{ id, status: 'inprogress', device_count: 12 }] })
    expect(await gui.put(`${DEPLOYMENTS}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    expect(await active('inprogress')).toEqual({ rows: [], total: 0 })
    const now = Math.floor(server.env.now().getTime() / 1000)
    const finished = `${DEPLOYMENTS}?status=finished&per_page=20&page=1&sort=desc`
    for (const [query, total] of Object.entries({
      [`created_after=${now - 60}&created_before=${now + 60}`]: 1,
      [`created_before=${now - 60}`]: 0,
      'search=eu-fleet': 1,
      'search=us-fleet': 0,
      'search=&type=software': 1,
      'type=configuration': 0,
    }))
      expect([query, (await gui.list(`${finished}&${query}`)).total]).toEqual([query, total])
    const [row] = (await gui.list(finished)).rows
    expect(row).toMatchObject({
      id,
      status: 'finished',
      finished: expect.any(String),
      statistics: { status: { aborted: 12 } },
    })
  })

  test('has a report for each device', async () => {
    const [one, other] = devices
    await one?.report(id, 'installing', 'halfway')
    await other?.report(id, 'failure')
    await other?.sendLog(id, ['no space left'])
    expect(await gui.get(`${DEPLOYMENTS}/${id}`)).toMatchObject({ status: 'inprogress', device_count: 12, retries: 1 })
    const path = `${DEPLOYMENTS}/${id}/devices/list`
    for (const query of ['?&page=1&per_page=10', `?deployment_id=${id}&page=1&per_page=10`]) {
      const { rows, total } = await gui.list(path + query)
      expect([rows.length, total]).toEqual([10, 12])
    }
    expect((await gui.list(`${path}?&page=2&per_page=10`)).rows).toHaveLength(2)
    const { rows } = await gui.list(`${path}?&page=1&per_page=500`)
    const shown = rows.find((row: Json) => row.id === one?.id)
    expect(shown).toMatchObject({ status: 'installing', substate: 'halfway', attempts: 1, retries: 1, log: false })
    expect(shown).toMatchObject({ started: expect.any(String), image: { size: expect.any(Number) } })
    for (const row of rows) {
      expect(await gui.get(`v1/inventory/devices/${row.id}`)).toMatchObject({
        id: row.id,
        attributes: expect.any(Array),
      })
      expect(await gui.get(`v2/devauth/devices?id=${row.id}`)).toMatchObject([{ id: row.id, identity_data: {} }])
    }
    expect(rows.find((row: Json) => row.id === other?.id)).toMatchObject({ log: true, attempts: 2 })
    const log = await tenant.api.get(`/api/management/${DEPLOYMENTS}/${id}/devices/${other?.id}/log`)
    expect([log.status, log.text]).toEqual([200, expect.stringContaining('no space left')])
    const statistics = await gui.post(`${DEPLOYMENTS}/statistics/list`, { deployment_ids: [id] })
    expect(statistics.body).toMatchObject([{ id, stats: { installing: 1, pending: 11 } }])
    const history = await gui.list(`${DEPLOYMENTS}/devices/${one?.id}?page=1&per_page=10`)
    expect(history.rows).toMatchObject([
      { id: expect.any(String), deployment: { id, name: 'eu-fleet' }, device: { status: 'installing' } },
    ])
  })

  test('continues after a pause', async () => {
    const [device] = devices
    const map = `/api/devices/v2/deployments/device/deployments/${id}/update_control_map`
    const asDevice = openApi(server.url, device?.token)
    await device?.report(id, 'pause_before_installing')
    expect((await asDevice.get(map)).body.update_control_map).toMatchObject(update_control_map)
    expect(await gui.get(`${DEPLOYMENTS}/${id}`)).toMatchObject({
      update_control_map,
      statistics: { status: { pause_before_installing: 1 } },
    })
    expect((await gui.list(`${DEPLOYMENTS}/${id}/devices/list?status=pause&page=1&per_page=10`)).total).toBe(1)
    const goOn = { states: { ArtifactInstall_Enter: { action: 'continue' } } }
    expect(await gui.patch(`${DEPLOYMENTS}/${id}`, { update_control_map: goOn })).toMatchObject({ status: 204 })
    expect((await asDevice.get(map)).body.update_control_map).toMatchObject(goOn)
    expect(await gui.get(`${DEPLOYMENTS}/${id}`)).toMatchObject({ update_control_map: goOn })
    expect(await gui.patch(`${DEPLOYMENTS}/${id}`, { update_control_map: null })).toMatchObject({ status: 204 })
    expect(await gui.get(`${DEPLOYMENTS}/${id}`)).not.toHaveProperty('update_control_map')
  })

  test('is aborted once; the data that the GUI then requests still exists', async () => {
    const abort = () => gui.put(`${DEPLOYMENTS}/${id}/status`, { status: 'aborted' })
    expect(await abort()).toMatchObject({ status: 204 })
    expect(await abort()).toMatchObject({ status: 422, body: { error: 'Deployment already finished' } })
    expect(await gui.list(`${DEPLOYMENTS}/${id}/devices/list?&page=1&per_page=10`)).toMatchObject({ total: 12 })
    const log = await gui.list('v1/auditlogs/logs?page=1&per_page=20&sort=desc&object_type=deployment')
    expect(log.rows).toMatchObject([
      { action: 'abort', object: { id } },
      { action: 'create', object: { id } },
    ])
  })

  test('is in lists whose pages are never empty below their total', async () => {
    for (const path of [
      `${DEPLOYMENTS}/${id}/devices/list`,
      `${DEPLOYMENTS}/devices/${devices[0]?.id}`,
      DEPLOYMENTS,
      'v2/deployments/deployments',
      RELEASES,
      `${DEPLOYMENTS}/releases/list`,
      'v1/deployments/artifacts/list',
      'v2/deployments/artifacts',
      'v1/inventory/devices',
      FILTERS,
      'v1/auditlogs/logs',
    ]) {
      const seen = new Set<string>()
      const { total } = await gui.list(`${path}?page=1&per_page=1`)
      for (let page = 1; page <= total; page++)
        for (const row of (await gui.list(`${path}?&page=${page}&per_page=1`)).rows) seen.add(JSON.stringify(row))
      expect([path, seen.size]).toEqual([path, total])
      expect(await tenant.api.get(`/api/management/${path}?page=${total + 1}&per_page=1`)).toMatchObject({
        status: 200,
        body: [],
      })
    }
    for (let page = 1; page <= 12; page++)
      expect((await gui.list(SEARCH, search([accepted], { page, per_page: 1 }))).rows).toHaveLength(1)
  })
})
