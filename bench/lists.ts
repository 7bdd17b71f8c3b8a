import { sql } from '../src/db/sql.ts'
import type { Term } from '../src/inventory/filter.ts'
import { termsToSql } from '../src/inventory/filters/filter-to-sql.ts'
import { benchAccept } from './accept.ts'
import { type FleetServer, startFleetServer } from './fleet-server.ts'
import type { Row } from './row.ts'
import { post } from './saved-filters.ts'
import { SUBSETS } from './subsets.ts'
import { versusCount } from './versus-count.ts'

const SEARCH = '/api/management/v2/inventory/filters/search'
const by = (scope: string, attribute: string, order = 'asc') => [{ scope, attribute, order }]
const SORTS = {
  'newest first': by('system', 'created_ts', 'desc'),
  'last report first': by('system', 'check_in_time', 'desc'),
  group: by('system', 'group'),
  status: by('identity', 'status'),
  'serial number': by('identity', 'serial'),
}
const ACCEPTED: Term[] = [{ scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }]

const PATHS = {
  'inventory statistics': '/api/management/v2/inventory/statistics',
  groups: '/api/management/v1/inventory/groups',
  'group members': '/api/management/v1/inventory/groups/group-3/devices',
  'attribute names': '/api/management/v2/inventory/filters/attributes',
  'devauth count': '/api/management/v2/devauth/devices/count',
  'devauth count, pending': '/api/management/v2/devauth/devices/count?status=pending',
  'devauth list': '/api/management/v2/devauth/devices?per_page=20',
  'devauth list, pending': '/api/management/v2/devauth/devices?per_page=20&status=pending',
}

/** Lists and searches among 1,000,000 devices, each compared with a count of the devices concerned. */
export async function benchLists(): Promise<Row[]> {
  await using server = await startFleetServer()
  const rows: Row[] = []
  const search = async (name: string, body: { filters?: Term[]; [more: string]: unknown }) => {
    const condition = termsToSql(body.filters ?? [])
    const work = () => post(server, SEARCH, { page: 1, per_page: 20, ...body })
    rows.push(await versusCount(server, { name, condition, work }))
  }
  for (const [part, filters] of Object.entries(SUBSETS)) await search(`first page, ${part}`, { filters })
  for (const [name, sort] of Object.entries(SORTS)) await search(`accepted by ${name}`, { filters: ACCEPTED, sort })
  await search('1 % by serial number', { filters: SUBSETS['1 %'] ?? [], sort: SORTS['serial number'] })
  await search('page 40,000', { filters: [], page: 40_000 })
  const [device] = await server.db.query<{ id: string; serial: string }>(sql`
    select id, attributes #>> '{identity,serial}' as serial from devices where tenant_id = ${server.tenant_id} limit 1`)
  for (const [name, text] of Object.entries({
    'an id': device?.id,
    'a serial number': device?.serial,
    'part of a host name': 'abcde',
    nothing: 'zzzz',
  }))
    await search(`text: ${name}`, { text })
  for (const [name, path] of Object.entries(PATHS))
    rows.push(await versusCount(server, { name, work: () => get(server, path) }))
  rows.push(...(await benchAccept(server)))
  return rows
}

async function get({ manager }: FleetServer, path: string) {
  const { status, body } = await manager.get(path)
  if (status !== 200) throw new Error(`${path} returned status ${status}: ${body}`)
}
