import { beforeAll, describe, expect, test } from 'vitest'
import { idsOfPage } from '../../src/auth/devices/list-devices.ts'
import { sql } from '../../src/db/sql.ts'
import { inventoryTerm } from '../support/deploy.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const SEARCH = '/api/management/v2/inventory/filters/search'
/** Enough devices that lists no longer find all matches first. */
const DEVICES = 12_000

const server = useServer()
const tenant = useTenant(server)
beforeAll(async () => {
  await server.env.db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, group_name,
      attributes, attributes_updated_ts)
    select ${tenant.tenant_id}, md5(i::text)::uuid::text, '{}', i::text, case when i % 3 = 0 then 'pending' else 'accepted' end,
      timestamptz '2026-01-01' + i / 7 * interval '1 s', now(),
      case when i % 4 > 0 then 'group-' || i % 4 end,
      jsonb_build_object('identity', jsonb_build_object('serial', 'SN-' || i),
        'inventory', jsonb_build_object('all', 'yes', 'tenth', i % 10, 'name', 'device ' || i)), now()
    from generate_series(0, ${DEVICES - 1}::int) i`)
  await server.env.db.query(sql`
    insert into check_ins (tenant_id, device_id, at)
    select ${tenant.tenant_id}, md5(i::text)::uuid::text, timestamptz '2026-01-01' + i * interval '1 s'
    from generate_series(0, ${DEVICES - 1}::int, 2) i`)
})

type Found = { id: string; attributes: { scope: string; name: string; value: string | number }[] }

const search = async (body: object) => {
  const response = await tenant.api.post(SEARCH, { per_page: 20, page: 1, ...body })
  expect(response.status).toBe(200)
  return { found: response.body as Found[], total: Number(response.headers.get('x-total-count')) }
}
const attribute = ({ attributes }: Found, scope: string, name: string) =>
  attributes.find((one) => one.scope === scope && one.name === name)?.value

const ORDERS = [
  { scope: 'identity', attribute: 'id' },
  { scope: 'identity', attribute: 'status' },
  { scope: 'system', attribute: 'created_ts' },
  { scope: 'system', attribute: 'check_in_time' },
  { scope: 'system', attribute: 'group' },
  { scope: 'inventory', attribute: 'tenth' },
].flatMap((by) => ['asc', 'desc'].map((order) => ({ ...by, order })))

describe('a fleet of many devices', () => {
  test.each(ORDERS)('is paginated by $scope/$attribute $order in the order of the whole list', async (sort) => {
    const keys: { key: string | number | undefined; id: string }[] = []
    for (const page of [1, 2, 23, 24]) {
      const { found, total } = await search({
        sort: [sort],
        page,
        per_page: 500,
        filters: [inventoryTerm('all', 'yes')],
      })
      expect([found.length, total]).toEqual([500, DEVICES])
      keys.push(
        ...found.map((one) => ({
          id: one.id,
          key: sort.attribute === 'id' ? one.id : attribute(one, sort.scope, sort.attribute),
        })),
      )
    }
    expect(new Set(keys.map(({ id }) => id)).size).toBe(2000)
    const compare = (a: (typeof keys)[number], b: (typeof keys)[number]) => {
      if (a.key === b.key) return a.id < b.id ? -1 : 1
      if (a.key === undefined || b.key === undefined) return a.key === undefined ? 1 : -1
      return a.key < b.key === (sort.order === 'asc') ? -1 : 1
    }
    expect(keys).toEqual(keys.toSorted(compare))
  })

  test('is counted exactly if few devices match, whatever the page', async () => {
    const filters = [{ scope: 'inventory', attribute: 'tenth', type: '$eq', value: 3 }]
    expect((await search({ filters })).total).toBe(1200)
    expect(await search({ filters, page: 100 })).toEqual({ found: [], total: 1200 })
    expect(await search({ page: 1000 })).toEqual({ found: [], total: DEVICES })
  })

  test('is searched by identity, and by any part of a text', async () => {
    const { found } = await search({ text: 'SN-12' })
    expect(found.map((one) => attribute(one, 'identity', 'serial'))).toEqual(['SN-12'])
    expect((await search({ text: found[0]?.id })).total).toBe(1)
    expect((await search({ text: 'sn-1199' })).total).toBe(11)
    expect((await search({ text: 'DEVICE 1199' })).total).toBe(11)
    expect((await search({ text: 'sn-12', filters: [inventoryTerm('tenth', 'none')] })).total).toBe(0)
  })

  test('has its groups listed, all or those with a device of a status', async () => {
    const groups = async (query = '') => (await tenant.api.get(`/api/management/v1/inventory/groups${query}`)).body
    expect(await groups()).toEqual(['group-1', 'group-2', 'group-3'])
    expect(await groups('?status=pending')).toEqual(['group-1', 'group-2', 'group-3'])
    expect(await groups('?status=rejected')).toEqual([])
  })
})

const DEVAUTH = '/api/management/v2/devauth/devices'
type Listed = { id: string; status: string }

describe('devices with their auth sets', () => {
  test('are sorted by status, then by id, accepted ones first, page after page', async () => {
    const listed: Listed[] = []
    for (let page = 1; page <= DEVICES / 500; page++)
      listed.push(...(await tenant.api.get(`${DEVAUTH}?per_page=500&page=${page}`)).body)
    expect(listed).toHaveLength(DEVICES)
    const keys = listed.map(({ status, id }) => `${status} ${id}`)
    expect(keys).toEqual([...new Set(keys)].sort())
    const search = (body: object) => tenant.api.post(`${DEVAUTH}/search?per_page=500&page=9`, body)
    expect((await search({})).body).toEqual(listed.slice(4000, 4500))
    const pending = listed.filter(({ status }) => status === 'pending')
    expect((await tenant.api.get(`${DEVAUTH}?per_page=500&page=8&status=pending`)).body).toEqual(pending.slice(3500))
    expect((await search({ status: ['pending', 'accepted'] })).body).toEqual(listed.slice(4000, 4500))
  })

  test.each([[[]], [['pending' as const]]])(
    'are read from an index in order, however far the page: status %j',
    async (status) => {
      await server.env.db.query(sql`analyze devices`)
      const actor = { tenant_id: tenant.tenant_id, scope: { groups: null, tags: null } }
      const page = idsOfPage(actor, { status, id: [] }, { per_page: 500, offset: 3000 })
      // Sorting may be cheaper for a table this small: tests only that the index can provide the order.
      const plan = await server.env.db.transaction(async (tx) => {
        await tx.query(sql`set local enable_sort = off`)
        return tx.query(sql`explain (analyze, format json) ${page}`)
      })
      const text = JSON.stringify(plan)
      expect(text).toContain('"devices_status_id"')
      expect(text).not.toContain('Sort')
    },
  )
})
