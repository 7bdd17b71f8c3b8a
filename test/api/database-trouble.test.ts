import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureAdministrator } from '../../src/auth/tenants/ensure-administrator.ts'
import { readConfig } from '../../src/config.ts'
import { raw, sql } from '../../src/db/sql.ts'
import { listen } from '../../src/listen.ts'
import { openEnv } from '../../src/open-env.ts'
import { openApi } from '../support/api.ts'
import { cloneDatabase } from '../support/clone-database.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const server = useServer({ environment: { MUSTER_LOG_LEVEL: 'silent' } })
const tenant = useTenant(server)

const FILTERS = '/api/management/v2/inventory/filters'
const newFilter = () => ({
  name: 'a filter',
  terms: [{ scope: 'inventory', attribute: 'a', type: '$eq', value: 'b' }],
})

/** From now on PostgreSQL fails in this way at each new filter. */
async function failWith(sqlstate: string) {
  const { db } = server.env
  await db.query(sql`drop trigger if exists failing on filters`)
  await db.query(sql`
    create or replace function fail() returns trigger language plpgsql as
      $$ begin raise exception 'secret details' using errcode = tg_argv[0]; end $$`)
  await db.query(
    sql`create trigger failing before insert on filters for each row execute function fail(${raw(`'${sqlstate}'`)})`,
  )
}

test.each([
  ['53100', 503, /disk of the database is full/],
  ['53200', 503, /too busy/],
  ['53400', 503, /too busy/],
  ['58030', 503, /cannot read or write its disk/],
  ['25006', 503, /^service unavailable$/],
  ['57P05', 503, /^service unavailable$/],
  ['22003', 500, /^internal error$/],
])(
  'a change that PostgreSQL rejects with %s is %i, with a message without details of the database',
  async (sqlstate, status, text) => {
    await failWith(sqlstate)
    const response = await tenant.api.post(FILTERS, newFilter())
    expect(response).toMatchObject({ status, body: { error: expect.stringMatching(text) } })
    expect(response.headers.has('retry-after')).toBe(status === 503)
    await server.env.db.query(sql`drop trigger failing on filters`)
    expect((await tenant.api.post(FILTERS, { ...newFilter(), name: sqlstate })).status).toBe(201)
  },
)

test('a database error that was not anticipated is logged as an error', async () => {
  const errors: unknown[] = []
  const { log } = server.env
  const before = log.error
  log.error = (about: unknown) => void errors.push(about)
  await failWith('22003')
  await tenant.api.post(FILTERS, newFilter())
  log.error = before
  await server.env.db.query(sql`drop trigger failing on filters`)
  expect(errors).toContainEqual(expect.objectContaining({ err: expect.objectContaining({ code: '22003' }) }))
})

test('a server becomes ready only when its first user can log in', async () => {
  const { url: database_url, drop } = await cloneDatabase()
  const data_dir = await mkdtemp(join(tmpdir(), 'muster-ready-'))
  const settings = { MUSTER_PORT: '0', MUSTER_LOG_LEVEL: 'silent', MUSTER_ADMIN_PASSWORD: 'administrator' }
  const config = readConfig({ ...settings, MUSTER_DATA_DIR: data_dir, DATABASE_URL: database_url })
  const env = await openEnv(config, { exclusive: true, serving: true })
  const { url, close } = await listen(env)
  const api = openApi(url)
  expect((await api.get('/health')).status).toBe(200)
  expect(await api.get('/ready')).toMatchObject({ status: 503, body: { error: expect.stringContaining('starting') } })
  await ensureAdministrator(env)
  expect((await api.get('/ready')).status).toBe(200)
  const authorization = `Basic ${btoa('admin@example.com:administrator')}`
  expect((await api.post('/api/management/v1/useradm/auth/login', undefined, { authorization })).status).toBe(200)
  await close()
  await env[Symbol.asyncDispose]()
  await drop()
  await rm(data_dir, { recursive: true })
})
