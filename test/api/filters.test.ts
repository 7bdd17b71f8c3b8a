import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, show } from '../support/deploy.ts'
import { enrol, newDevice } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)
/** In order: foo is "123", 1, ["123","qwerty"], 150, missing, "1", "😀". */
let ids: string[]
const FOOS = [{ foo: '123' }, { foo: 1 }, { foo: ['123', 'qwerty'] }, { foo: 150 }, {}, { foo: '1' }, { foo: '😀' }]
beforeAll(async () => {
  ids = (await enrol(server, tenant, FOOS.length, (i) => FOOS[i] as Record<string, string>)).map(({ id }) => id)
  await server.saveCheckIns()
})

const FILTERS = '/api/management/v2/inventory/filters'
const foo = (type: string, value: unknown) => ({ scope: 'inventory', attribute: 'foo', type, value })
const search = (body: unknown) => tenant.api.post(`${FILTERS}/search`, body)
const idsOf = (response: { body: { id: string }[] }) => response.body.map(({ id }) => id)
/** The positions in FOOS of the devices that match. */
const found = async (...filters: unknown[]) =>
  idsOf(await search({ filters }))
    .map((id) => ids.indexOf(id))
    .sort()

describe('a search', () => {
  test.each([
    ['$eq', '123', [0, 2]],
    ['$eq', 1, [1]],
    ['$eq', true, []],
    ['$eq', ['123', 'qwerty'], [2]],
    ['$eq', ['qwerty', '123'], []],
    ['$ne', '123', [1, 3, 4, 5, 6]],
    ['$in', ['1', '2'], [5]],
    ['$in', ['1', 1, 'qwerty'], [1, 2, 5]],
    ['$in', [], []],
    ['$nin', ['123', 1], [3, 4, 5, 6]],
    ['$nin', [], [0, 1, 2, 3, 4, 5, 6]],
    ['$gt', '123', [2, 6]],
    ['$gt', '\uffff', [6]],
    ['$gte', 1, [1, 3]],
    ['$lt', 5, [1]],
    ['$lte', '1', [5]],
    ['$exists', true, [0, 1, 2, 3, 5, 6]],
    ['$exists', false, [4]],
    ['$regex', '^1', [0, 2, 5]],
    ['$regex', '(?i)^QW', [2]],
    ['$regex', '^.$', [5, 6]],
    ['$ltne', '123', [4, 5]],
    ['$version_eq', 'v1.0', [5]],
    ['$version_lt', '123.0.0', [5]],
    ['$version_lte', '123', [0, 2, 5]],
    ['$version_gt', '123.0-rc.1', [0, 2]],
    ['$version_gte', '124', []],
  ])('for %s %j finds exactly the devices that match', async (type, value, expected) => {
    expect(await found(foo(type, value))).toEqual(expected)
  })

  test('finds the devices that match all terms, each possibly by a different element', async () => {
    expect(await found(foo('$gte', 100), foo('$lte', 200))).toEqual([3])
    expect(await found(foo('$eq', '123'), foo('$eq', 'qwerty'))).toEqual([2])
    expect(await found()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('finds the devices that match groups of terms', async () => {
    const group = (type: string, ...terms: unknown[]) => ({ type, terms })
    expect(await found(group('$or', foo('$eq', '123'), foo('$gte', 100)))).toEqual([0, 2, 3])
    expect(await found(group('$not', foo('$in', ['123', 1])))).toEqual([3, 4, 5, 6])
    expect(
      await found(foo('$exists', true), group('$not', group('$or', foo('$version_gte', '2'), foo('$gt', 100)))),
    ).toEqual([1, 5, 6])
    const deepest = [...'1234'].reduce((term: unknown) => group('$and', term, foo('$exists', true)), foo('$eq', 1))
    expect(await found(deepest)).toEqual([1])
  })

  test('supports id, status and the system attributes', async () => {
    const identity = (attribute: string, type: string, value: unknown) => ({
      scope: 'identity',
      attribute,
      type,
      value,
    })
    const system = (attribute: string, type: string, value: unknown) => ({ scope: 'system', attribute, type, value })
    expect(await found(identity('id', '$in', [ids[3], ids[5]]))).toEqual([3, 5])
    expect(await found(identity('status', '$eq', 'accepted'))).toHaveLength(7)
    expect(await found(identity('status', '$ne', 'accepted'))).toEqual([])
    expect(await found(system('group', '$nin', ['a', 'b']))).toHaveLength(7)
    expect(await found(system('check_in_time', '$ltne', '2000-01-01T00:00:00.000Z'))).toEqual([])
    expect(await found(system('check_in_time', '$gt', '2000-01-01T00:00:00.000Z'))).toHaveLength(7)
    expect(await found(system('created_ts', '$lt', '2000'))).toEqual([])
    expect(await found(system('nothing', '$exists', true))).toEqual([])
  })

  test('is paginated and sorted, and returns the requested attributes', async () => {
    const sort = [{ scope: 'inventory', attribute: 'foo', order: 'desc' }]
    const attributes = [{ scope: 'inventory', attribute: 'foo' }]
    const response = await search({ page: 1, per_page: 2, filters: [foo('$exists', true)], sort, attributes })
    expect(response.body).toMatchObject([
      { id: ids[3], attributes: [{ scope: 'inventory', name: 'foo', value: 150 }] },
      { id: ids[1], attributes: [{ scope: 'inventory', name: 'foo', value: 1 }] },
    ])
    expect(response.body[0].updated_ts).toMatch(/Z$/)
    expect(response.body[0].check_in_time).toMatch(/Z$/)
    expect(response.body[0].attributes).toHaveLength(1)
    expect([response.headers.get('x-total-count'), response.headers.get('link')]).toEqual(['6', null])
    expect((await search({ page: 9, filters: [] })).body).toEqual([])
    expect((await search({ page: 0, per_page: 0 })).body).toHaveLength(7)
  })

  test('is limited to some devices, and to those with a text', async () => {
    expect(idsOf(await search({ device_ids: [ids[1], 'nobody'] }))).toEqual([ids[1]])
    expect((await search({ device_ids: [] })).body).toHaveLength(7)
    expect(idsOf(await search({ text: 'QWERT' }))).toEqual([ids[2]])
    expect(idsOf(await search({ text: ids[4] }))).toEqual([ids[4]])
    for (const text of ['.*', '"', '\\', "'", '[', '(', '***=', '%'])
      expect(await search({ text })).toMatchObject({ status: 200, body: [] })
  })

  test('reflects a report at once', async () => {
    const own = await server.tenant()
    const [device] = await enrol(server, own, 1, { foo: 'old' })
    for (let i = 0; i < 5; i++) {
      await device?.sendInventory({ foo: `new ${i}` })
      expect((await own.api.post(`${FILTERS}/search`, { filters: [foo('$eq', `new ${i}`)] })).body).toHaveLength(1)
    }
  })

  test('returns devices of every status, and none of another tenant', async () => {
    const own = await server.tenant()
    await newDevice(server, own).requestAuth()
    expect((await own.api.post(`${FILTERS}/search`, {})).body).toHaveLength(1)
    expect(
      (await search({ filters: [{ scope: 'identity', attribute: 'status', type: '$eq', value: 'pending' }] })).body,
    ).toEqual([])
  })

  test('accepts ten thousand values in one term', async () => {
    const values = Array.from({ length: 10_000 }, (_, i) => `v${i}`)
    expect(await found(foo('$in', [...values.slice(1), 'qwerty']))).toEqual([2])
    expect((await search({ filters: [foo('$in', [...values, 'more'])] })).status).toBe(400)
  })

  test.each([
    ['a list', []],
    ['nothing', ''],
    ['a page that is not a number', { page: 'two' }],
    ['a negative page', { page: -1 }],
    ['a page that is too long', { per_page: 501 }],
    ['an unknown order', { sort: [{ scope: 'inventory', attribute: 'foo', order: 'up' }] }],
    ['sorting by an unknown scope', { sort: [{ scope: 'x', attribute: 'foo' }] }],
    ['a projection without attribute', { attributes: [{ scope: 'x' }] }],
    ['filters that are not a list', { filters: {} }],
    ['ids that are not texts', { device_ids: [1] }],
    ['a text that is too long', { text: 'x'.repeat(201) }],
    ['too many terms', { filters: Array(101).fill(foo('$eq', '1')) }],
    ['too many terms in groups', { filters: Array(2).fill({ type: '$or', terms: Array(51).fill(foo('$eq', '1')) }) }],
  ])('rejects %s', async (_, body) => {
    const response = await search(body)
    expect(response.status).toBe(400)
    expect(response.body.error).toMatch(/\w+ \w+/)
  })
})

const BAD_TERMS: [string, unknown][] = [
  ['a scope that does not exist', { ...foo('$eq', '1'), scope: 'x' }],
  ['a blank attribute', { ...foo('$eq', '1'), attribute: '' }],
  ['too long an attribute', { ...foo('$eq', '1'), attribute: 'x'.repeat(1025) }],
  ['an unknown operator', foo('$like', '1')],
  ['an operator of JavaScript', foo('constructor', '1')],
  ['no operator', { scope: 'inventory', attribute: 'foo', value: '1' }],
  ['no value', { scope: 'inventory', attribute: 'foo', type: '$eq' }],
  ['null', foo('$eq', null)],
  ['an object', foo('$eq', { a: 1 })],
  ['nested lists', foo('$eq', [['a']])],
  ['a list with null', foo('$in', [null])],
  ['$in without a list', foo('$in', 'a')],
  ['$nin without a list', foo('$nin', 1)],
  ['$exists without a boolean', foo('$exists', 'true')],
  ['$gt with a boolean', foo('$gt', true)],
  ['$ltne with a list', foo('$ltne', ['a'])],
  ['$regex with a number', foo('$regex', 1)],
  ['$version_gte with a number', foo('$version_gte', 1.2)],
  ['$version_lt with a list', foo('$version_lt', ['1.2'])],
  ['$version_eq with what is no version', foo('$version_eq', '1.2rc1')],
  ['a long version', foo('$version_lte', '1'.repeat(101))],
  ['a pattern without end', foo('$regex', '(')],
  ['a backreference', foo('$regex', '(a)\\1')],
  ['a look ahead', foo('$regex', 'a(?=b)')],
  ['a look behind', foo('$regex', '(?<!a)b')],
  ['a property', foo('$regex', '\\p{L}')],
  ['modifiers', foo('$regex', 'a(?i:b)')],
  ['a huge repeat', foo('$regex', 'a{256}')],
  ['repeats of repeats', foo('$regex', '((a{99}){99}){99}')],
  ['a class of nothing', foo('$regex', '[]')],
  ['a long pattern', foo('$regex', 'a'.repeat(1001))],
  ['a pattern too complex for PostgreSQL', foo('$regex', '(?:\\b|a){0,20}b')],
]

describe('a term', () => {
  test.each(BAD_TERMS)('with %s is rejected, in a search and in a saved filter', async (what, term) => {
    for (const response of [
      await search({ filters: [foo('$eq', '1'), term] }),
      await tenant.api.post(FILTERS, { name: `bad ${what}`, terms: [term] }),
    ]) {
      expect(response.status).toBe(400)
      expect(response.body.error).toMatch(
        /^validation failed for term: \w+: |^Validating request body: .*: cannot be blank/,
      )
    }
    expect((await tenant.api.get(FILTERS)).body).not.toContainEqual(expect.objectContaining({ name: `bad ${what}` }))
  })

  test.each([
    ['without terms', { type: '$or' }, 'terms: cannot be blank'],
    ['with terms that are no list', { type: '$or', terms: foo('$eq', '1') }, 'terms'],
    ['of no terms', { type: '$and', terms: [] }, 'terms: $and takes at least one term'],
    ['of one term that are two', { type: '$not', terms: [foo('$eq', '1'), foo('$eq', '2')] }, '$not takes one term'],
    ['of what is no term', { type: '$not', terms: [null] }, 'a term must be an object'],
    ['of a list', { type: '$not', terms: [[]] }, 'scope: must be one of'],
    ['of a term without attribute', { type: '$not', terms: [{ scope: 'tags', type: '$eq', value: 1 }] }, 'attribute'],
    [
      'of groups without end',
      [1, 2, 3, 4].reduce<unknown>((inner) => ({ type: '$not', terms: [inner] }), {
        type: '$not',
        terms: [foo('$eq', '1')],
      }),
      'at most 4 levels',
    ],
  ])('that is a group %s is rejected', async (what, group, sentence) => {
    for (const response of [
      await search({ filters: [group] }),
      await tenant.api.post(FILTERS, { name: `bad group ${what}`, terms: [group] }),
    ]) {
      expect(response.status).toBe(400)
      expect(response.body.error).toContain(sentence)
    }
  })

  test('in a group that is rejected is reported by its path', async () => {
    const group = { type: '$or', terms: [foo('$eq', '1'), { type: '$not', terms: [foo('$in', 'a')] }] }
    const response = await search({ filters: [foo('$eq', '1'), group] })
    expect(response).toMatchObject({ status: 400, body: { term: 1, path: [1, 1, 0], field: 'value' } })
  })

  test('that is rejected is reported by its index', async () => {
    const response = await search({ filters: [foo('$eq', '1'), foo('$regex', '('), foo('$in', 'a')] })
    expect(response).toMatchObject({ status: 400, body: { term: 1 } })
  })

  test('whose pattern is not supported is rejected with the reason', async () => {
    const error = async (value: string) => (await search({ filters: [foo('$regex', value)] })).body.error
    expect(await error('(a)\\1')).toContain('the backreference \\1 cannot be used')
    expect(await error('a(?=b)')).toContain('the lookahead (?=b) cannot be used here')
    expect(await error('\\p{L}')).toContain('the property escape \\p{L} cannot be used')
    expect(await error('(')).toContain('Unterminated group')
  })
})

describe('a saved filter', () => {
  const terms = [
    foo('$eq', '123'),
    foo('$in', ['a', 1, true]),
    foo('$exists', true),
    foo('$gte', 0.1),
    foo('$eq', ['a\\"', '😀']),
    { type: '$or', terms: [foo('$version_lt', '2.0'), { type: '$not', terms: [foo('$exists', true)] }] },
  ]

  test('is stored with its terms unchanged, listed, and deleted', async () => {
    const own = await server.tenant()
    const made = await own.api.post(FILTERS, { name: 'mine', terms: terms.map((term) => ({ ...term, extra: 1 })) })
    expect([made.status, made.text]).toEqual([201, ''])
    const [folder, id] = made.headers.get('location')?.split('/') ?? []
    expect(folder).toBe('filters')
    expect(await own.api.get(`${FILTERS}/${id}`)).toMatchObject({ status: 200 })
    expect((await own.api.get(`${FILTERS}/${id}`)).body).toEqual({ id, name: 'mine', terms })
    const listed = await own.api.get(`${FILTERS}?per_page=500`)
    expect([listed.body, listed.headers.get('x-total-count')]).toEqual([[{ id, name: 'mine', terms }], '1'])
    expect(listed.headers.get('link')).toContain('rel="first"')
    expect((await own.api.delete(`${FILTERS}/${id}`)).status).toBe(204)
    expect((await own.api.delete(`${FILTERS}/${id}`)).status).toBe(404)
    expect((await own.api.get(FILTERS)).body).toEqual([])
  })

  test('is changed unless somebody else has changed it, by which deployments keep what they copied', async () => {
    const own = await server.tenant()
    await uploadTestArtifact(own.api, { name: 'release-1' })
    const save = async (name: string) =>
      (await own.api.post(FILTERS, { name, terms: [foo('$eq', name)] })).headers.get('location')?.split('/')[1]
    const [one, other] = [await save('one'), await save('other')]
    const path = `${FILTERS}/${one}`
    const etag = (await own.api.get(path)).headers.get('etag') ?? ''
    const deployment = await deploy(own.api, { name: 'to one', filter_id: one })
    const change = (body: unknown, if_match?: string) =>
      own.api.put(path, body, if_match === undefined ? {} : { 'if-match': if_match })
    expect((await change({ name: 'renamed', terms: [{ ...foo('$gt', 1), extra: 1 }] }, etag)).status).toBe(204)
    expect((await own.api.get(path)).body).toEqual({ id: one, name: 'renamed', terms: [foo('$gt', 1)] })
    expect(await change({ name: 'late', terms }, etag)).toMatchObject({
      status: 412,
      body: { code: 'version_mismatch' },
    })
    expect(await change({ name: 'other', terms })).toMatchObject({ status: 409, body: { code: 'filter_name_taken' } })
    expect(await change({ name: 'renamed', terms: [foo('$regex', '(')] })).toMatchObject({
      status: 400,
      body: { term: 0 },
    })
    expect((await change({ name: 'renamed' })).status).toBe(400)
    expect((await change({ name: 'renamed', terms: [foo('$gt', 1)] })).status).toBe(204)
    expect((await show(own.api, deployment)).filter.terms).toEqual([foo('$eq', 'one')])
    expect((await own.api.put(`${FILTERS}/nobody`, { name: 'x', terms })).status).toBe(404)
    expect((await tenant.api.put(path, { name: 'x', terms })).status).toBe(404)
    expect((await own.api.get(`${FILTERS}/${other}`)).body.name).toBe('other')
    const { body } = await own.api.get('/api/management/v1/auditlogs/logs?object_type=filter&action=update')
    expect(body.map(({ object, change }: Record<string, unknown>) => ({ object, change }))).toEqual([
      {
        object: { type: 'filter', id: one, filter: { name: 'renamed' } },
        change: expect.stringContaining('Updated filter one:\n-name: "one"\n+name: "renamed"\n-terms: '),
      },
    ])
  })

  test('finds the devices that match', async () => {
    const made = await tenant.api.post(FILTERS, { name: 'search', terms: [foo('$eq', '123')] })
    const response = await tenant.api.get(
      `/api/management/v2/inventory/${made.headers.get('location')}/search?per_page=1`,
    )
    expect([response.body.length, response.headers.get('x-total-count')]).toEqual([1, '2'])
    expect([ids[0], ids[2]]).toContain(response.body[0].id)
  })

  test('has a unique name: of several at once one is created', async () => {
    const responses = await Promise.all(
      Array.from({ length: 8 }, () => tenant.api.post(FILTERS, { name: 'same', terms: [foo('$eq', '1')] })),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
    expect((await (await server.tenant()).api.post(FILTERS, { name: 'same', terms: [foo('$eq', '1')] })).status).toBe(
      201,
    )
  })

  test.each(['foobar', 'a%20b', '%00', '00a0c91e6-7dec-11d0-a765-f81d4faebf6', 'x'.repeat(3000)])(
    'with an invalid id such as %.40s is not found',
    async (id) => {
      const statuses = [
        (await tenant.api.get(`${FILTERS}/${id}`)).status,
        (await tenant.api.get(`${FILTERS}/${id}/search`)).status,
        (await tenant.api.delete(`${FILTERS}/${id}`)).status,
      ]
      expect(statuses).toEqual(id === '%00' ? [400, 400, 400] : [404, 404, 404])
    },
  )

  test('of another tenant is not found, and is not deleted', async () => {
    const own = await server.tenant()
    const made = await own.api.post(FILTERS, { name: 'theirs', terms })
    const path = `/api/management/v2/inventory/${made.headers.get('location')}`
    expect(await tenant.api.get(path)).toMatchObject({ status: 404, body: { error: 'filter not found' } })
    expect((await tenant.api.get(`${path}/search`)).status).toBe(404)
    expect((await tenant.api.delete(path)).status).toBe(404)
    expect((await own.api.get(path)).status).toBe(200)
  })

  test.each([
    ['no name', { terms: [foo('$eq', '1')] }, 'name: cannot be blank'],
    ['a blank name', { name: ' ', terms: [foo('$eq', '1')] }, 'name: cannot be blank'],
    ['a name that is not a text', { name: 1, terms: [foo('$eq', '1')] }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(257), terms: [foo('$eq', '1')] }, 'name'],
    ['no terms', { name: 'n' }, 'at least one filter term must be provided'],
    ['an empty list of terms', { name: 'n', terms: [] }, 'at least one filter term must be provided'],
    ['a list', [], 'must be object'],
    ['nothing', '', 'must be object'],
  ])('with %s is rejected', async (_, body, sentence) => {
    const response = await tenant.api.post(FILTERS, body)
    expect(response.status).toBe(400)
    expect(response.body.error).toContain(sentence)
  })

  test.each(['os', 'professional'] as const)('is not in the plan %s, but a search is', async (plan) => {
    const { api } = await server.tenant(plan)
    for (const response of await Promise.all([
      api.post(FILTERS, { name: 'n', terms }),
      api.post(FILTERS, 'not even JSON'),
      api.get(FILTERS),
      api.get(`${FILTERS}/x`),
      api.get(`${FILTERS}/x/search`),
      api.put(`${FILTERS}/x`, { name: 'n', terms }),
      api.delete(`${FILTERS}/x`),
    ]))
      expect(response).toMatchObject({ status: 403, body: { error: 'Feature not available in your Plan.' } })
    expect((await api.post(`${FILTERS}/search`, {})).status).toBe(200)
    expect((await api.get(`${FILTERS}/attributes`)).status).toBe(200)
  })
})

test('the attributes of the devices are listed, the most frequent first, with the type of their values', async () => {
  const own = await server.tenant()
  await enrol(server, own, 3, (i) => ({ all: 1, ...(i === 0 ? { one: ['1'], several: [1, 2], id: 'x' } : {}) }))
  const { body } = await own.api.get(`${FILTERS}/attributes`)
  expect(body.slice(0, 4)).toEqual([
    { scope: 'identity', name: 'mac', count: 3, numeric: false },
    { scope: 'identity', name: 'status', count: 3, numeric: false },
    { scope: 'inventory', name: 'all', count: 3, numeric: true },
    { scope: 'system', name: 'check_in_time', count: 3, numeric: false },
  ])
  expect(body.slice(-3)).toEqual([
    { scope: 'inventory', name: 'id', count: 1, numeric: false },
    { scope: 'inventory', name: 'one', count: 1, numeric: false },
    { scope: 'inventory', name: 'several', count: 1, numeric: true },
  ])
})
