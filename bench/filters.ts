import { logIn, openManager } from '../src/client/manager.ts'
import { sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { ATTRIBUTES, makeFleet, vacuum } from './kit/fleet.ts'
import { median } from './kit/measure.ts'
import { table } from './kit/table.ts'
import { ADMINISTRATOR, type Testbed } from './kit/testbed.ts'

const SEARCH = '/api/management/v2/inventory/filters/search'
const DEVICES = 100_000
const ROUNDS = 5

const term = (attribute: string, type: string, value: unknown) => ({ scope: 'inventory', attribute, type, value })

const SEARCHES = {
  'one device, equals': [term('number', '$eq', 77_777)],
  'one in ten, equals': [term('region', '$eq', 'region-3')],
  'three terms': [
    term('region', '$in', ['region-1', 'region-2']),
    term('number', '$lt', 5000),
    term('fact_3', '$exists', true),
  ],
  'all, regular expression': [term('device_type', '$regex', '^gate')],
  'all but one in ten, not equals': [term('region', '$ne', 'region-3')],
  'one in ten, version': [term('os', '$version_lt', '1.2')],
  'one in twenty, equals and version': [term('region', '$eq', 'region-3'), term('os', '$version_lt', '1.10')],
  'two devices, either of two equals': [{ type: '$or', terms: [term('number', '$eq', 5), term('number', '$eq', 7)] }],
  'all but one in ten, not of equals': [{ type: '$not', terms: [term('region', '$eq', 'region-3')] }],
}

/** Twenty versions. */
const OF_VERSIONS = sql`jsonb_set(${ATTRIBUTES}, '{inventory,os}', to_jsonb('1.' || (n.i % 20) || '.0'))`

/** The latency of a search, as a user experiences it. */
export const filters: Bench = {
  summary: `search with a count, first 20 of ${DEVICES.toLocaleString('en')} devices`,
  async run(testbed) {
    const tenant = await testbed.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    await makeFleet(testbed, { tenant_id: tenant?.tenant_id ?? '', size: DEVICES, attributes: OF_VERSIONS })
    await vacuum(testbed)
    const search = await searcher(testbed)
    const rows = []
    for (const [name, filters] of Object.entries(SEARCHES)) {
      await search(filters)
      const results = []
      for (let round = 0; round < ROUNDS; round++) results.push(await search(filters))
      rows.push([name, `${median(results.map(({ ms }) => ms)).toFixed(1)} ms`, String(results[0]?.found)])
    }
    return table(['', 'median', 'devices found'], rows)
  },
}

async function searcher({ muster }: Testbed) {
  const manager = openManager({ url: muster.url, token: await logIn({ url: muster.url }, ADMINISTRATOR) })
  return async (filters: unknown[]) => {
    const begun = performance.now()
    const { status, headers } = await manager.post(SEARCH, { page: 1, per_page: 20, filters })
    if (status !== 200) throw new Error(`The search returned status ${status}.`)
    return { ms: performance.now() - begun, found: headers['x-total-count'] }
  }
}
