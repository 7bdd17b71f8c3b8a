import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, inventoryTerm, poll, reportAll, saveFilter, show, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

const server = useServer()
const tenant = useTenant(server)
let devices: Awaited<ReturnType<typeof enrol>>
let ids: { running: string; scheduled: string; finished: string }

beforeAll(async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  await uploadTestArtifact(tenant.api, { name: 'Other Release' })
  devices = await enrol(server, tenant, 3, { foo: 'foo' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const finished = await deploy(tenant.api, {
    name: 'first',
    devices: [devices[0]!.id],
    artifact_name: 'Other Release',
  })
  await poll(devices[0]!)
  await reportAll(devices.slice(0, 1), finished, 'success')
  const running = await deploy(tenant.api, { name: 'second', filter_id, retries: 1 })
  for (const device of devices) await poll(device)
  await devices[1]!.report(running, 'installing', 'halfway')
  await devices[2]!.report(running, 'pause_before_rebooting')
  const scheduled = await deploy(tenant.api, {
    name: 'third',
    filter_id,
    phases: [{ start_ts: '2040-01-01T00:00:00Z' }],
  })
  ids = { running, scheduled, finished }
})

const list = async (query = '', path = V1) => {
  const { status, body, headers } = await tenant.api.get(`${path}${query}`)
  expect(status).toBe(200)
  return { names: body.map(({ name }: { name: string }) => name), total: Number(headers.get('x-total-count')), headers }
}

describe('the list of deployments', () => {
  test.each([
    ['', ['third', 'second', 'first']],
    ['?sort=asc', ['first', 'second', 'third']],
    ['?status=scheduled', ['third']],
    ['?status=pending', []],
    ['?status=inprogress', ['second']],
    ['?status=finished', ['first']],
    ['?status=aborted', ['first']],
    ['?state=running', ['second']],
    ['?state=scheduled', ['third']],
    ['?state=finished', ['first']],
    ['?state=aborted', []],
    ['?type=configuration', []],
    ['?type=software&search=RELEASE', ['third', 'second', 'first']],
    ['?search=other', ['first']],
    ['?search=sec', ['second']],
    ['?created_before=0', []],
    ['?created_after=0', ['third', 'second', 'first']],
  ])('%s', async (query, names) => {
    for (const path of [V1, V2]) expect(await list(query, path)).toMatchObject({ names, total: names.length })
  })

  test('has an aborted deployment in the state aborted only', async () => {
    const { api } = await server.tenant()
    await uploadTestArtifact(api, { name: 'release-1' })
    const id = await deploy(api, { devices: ['nobody'] })
    const states = async () => {
      const found = []
      for (const state of ['scheduled', 'running', 'finished', 'aborted'])
        if ((await api.get(`${V1}?state=${state}`)).body.length > 0) found.push(state)
      return found
    }
    expect(await states()).toEqual(['running'])
    await api.put(`${V1}/${id}/status`, { status: 'aborted' })
    expect(await states()).toEqual(['aborted'])
  })

  test('is found by id and by exact name in v2', async () => {
    expect((await list(`?id=${ids.running}&id=${ids.finished}`, V2)).names).toEqual(['second', 'first'])
    expect((await list('?name=first&name=third', V2)).names).toEqual(['third', 'first'])
    expect((await list('?name=fir', V2)).names).toEqual([])
  })

  test('is paginated with links, and is empty beyond the end', async () => {
    const { names, total, headers } = await list('?per_page=2&page=2&sort=asc')
    expect({ names, total }).toEqual({ names: ['third'], total: 3 })
    const link = (page: number, rel: string) => `<${V1}?page=${page}&per_page=2&sort=asc>; rel="${rel}"`
    expect(headers.get('link')).toBe([link(1, 'first'), link(1, 'prev'), link(2, 'last')].join(', '))
    expect(await list('?page=9')).toMatchObject({ names: [], total: 3 })
  })

  test.each([
    ['?status=foo', 'unknown status foo'],
    ['?state=pending', 'state: must be one of scheduled, running, finished, aborted'],
    ['?type=foo', 'unknown deployment type foo'],
    ['?sort=up', 'invalid form value: must be one of "asc" or "desc"'],
    ['?created_before=x', 'timestamp parsing failed for created_before parameter: invalid timestamp: x'],
    ['?created_after=99999999999999999999', 'timestamp parsing failed for created_after parameter'],
    ['?page=two', 'invalid page query: "two"'],
    ['?per_page=0', 'invalid per_page query: value must be a non-zero positive integer'],
    ['?per_page=501', 'parameter "per_page" above limit (max: 500)'],
    ['?page=9223372036854775808', 'invalid page query'],
  ])('rejects %s', async (query, error) => {
    expect(await tenant.api.get(V1 + query)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(error) },
    })
  })
})

describe('one deployment', () => {
  test('is 400 for a malformed id and 404 for an unknown one', async () => {
    for (const path of ['', '/statistics', '/devices', '/devices/list', '/device_list', `/devices/${NOWHERE}/log`]) {
      expect(await tenant.api.get(`${V1}/nope${path}`)).toMatchObject({
        status: 400,
        body: { error: 'ID is not a valid UUID' },
      })
      expect(await tenant.api.get(`${V1}/${NOWHERE}${path}`)).toMatchObject({
        status: 404,
        body: { error: 'Resource not found' },
      })
    }
  })

  test('never has a member with the value null', async () => {
    for (const id of Object.values(ids)) expect(Object.values(await show(tenant.api, id))).not.toContain(null)
  })

  test('returns the total size of the offered artifacts', async () => {
    const shown = await show(tenant.api, ids.running)
    const { size } = (await tenant.api.get(`/api/management/v1/deployments/artifacts/${shown.artifacts[0]}`)).body
    expect(shown.statistics.total_size).toBe(3 * size)
  })
})

describe('statistics of several deployments', () => {
  const path = `${V1}/statistics/list`
  test('are listed by id, without those that do not exist', async () => {
    const { body } = await tenant.api.post(path, { deployment_ids: [ids.finished, NOWHERE] })
    expect(body).toMatchObject([{ id: ids.finished, stats: { success: 1, failure: 0 } }])
  })
  test('are an empty object for no ids, 404 for unknown ones, 400 for too many', async () => {
    expect(await tenant.api.post(path, { deployment_ids: [] })).toMatchObject({ status: 200, text: '{}' })
    expect(await tenant.api.post(path, { deployment_ids: [NOWHERE] })).toMatchObject({ status: 404 })
    expect(await tenant.api.post(path, { deployment_ids: Array(101).fill(NOWHERE) })).toMatchObject({ status: 400 })
  })
})

describe('the devices of a deployment', () => {
  test.each([
    ['', ['installing', 'pause_before_rebooting', 'pending']],
    ['?status=pause', ['pause_before_rebooting']],
    ['?status=active', ['installing', 'pause_before_rebooting', 'pending']],
    ['?status=finished', []],
    ['?status=installing', ['installing']],
  ])('%s', async (query, statuses) => {
    const { body, headers } = await tenant.api.get(`${V1}/${ids.running}/devices/list${query}`)
    expect(body.map(({ status }: { status: string }) => status)).toEqual(statuses)
    expect(headers.get('x-total-count')).toBe(String(statuses.length))
  })

  test('show the progress of each', async () => {
    const { body } = await tenant.api.get(`${V1}/${ids.running}/devices/list?status=installing`)
    expect(body).toMatchObject([
      {
        ...{ id: devices[1]!.id, status: 'installing', substate: 'halfway', attempts: 1, retries: 1, log: false },
        ...{ device_type: 'qemux86-64', created: expect.any(String), started: expect.any(String) },
        image: { name: 'release-1', size: expect.any(Number) },
      },
    ])
    expect(body[0]).not.toHaveProperty('finished')
  })

  test('follow the failed ones if requested, on every page', async () => {
    const other = await server.tenant()
    await uploadTestArtifact(other.api, { name: 'release-1' })
    const fleet = await enrol(server, other, 5)
    const id = await deploy(other.api, { all_devices: true })
    for (const device of fleet) await poll(device)
    for (const [i, status] of ['success', 'failure', 'installing', 'failure'].entries())
      await fleet[i]!.report(id, status)
    const read = async (query: string) => {
      const { body } = await other.api.get(`${V1}/${id}/devices/list?${query}`)
      return body.map(({ status }: { status: string }) => status)
    }
    const wanted = ['failure', 'failure', 'installing', 'pending', 'success']
    expect(await read('sort=failed_first')).toEqual(wanted)
    const pages = [1, 2, 3].map((page) => read(`sort=failed_first&per_page=2&page=${page}`))
    expect((await Promise.all(pages)).flat()).toEqual(wanted)
    expect(await read('sort=failed_first&status=finished')).toEqual(['failure', 'failure', 'success'])
    expect(await other.api.get(`${V1}/${id}/devices/list?sort=luck`)).toMatchObject({
      status: 400,
      body: { error: 'sort: must be status or failed_first' },
    })
  })

  test('are rejected for an unknown status', async () => {
    expect(await tenant.api.get(`${V1}/${ids.running}/devices/list?status=foo`)).toMatchObject({
      status: 400,
      body: { error: 'status: must be a valid value' },
    })
  })
})

test('the history of a device shows its deployments, newest first', async () => {
  const { body, headers } = await tenant.api.get(`${V1}/devices/${devices[0]!.id}`)
  expect(
    body.map(({ deployment, device }: { deployment: { name: string }; device: { status: string } }) => [
      deployment.name,
      device.status,
    ]),
  ).toEqual([
    ['second', 'pending'],
    ['first', 'success'],
  ])
  expect(headers.get('x-total-count')).toBe('2')
  expect((await tenant.api.get(`${V1}/devices/${devices[0]!.id}?status=success`)).body).toHaveLength(1)
})
