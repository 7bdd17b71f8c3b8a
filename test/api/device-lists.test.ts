import { request } from 'node:http'
import { beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, poll, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const MANY = 30_000
/** More than the database has connections. */
const READERS = 25

const server = useServer()
const tenant = useTenant(server)
beforeAll(async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
})

/** A deployment that `n` devices were assigned to. */
async function deployTo(n: number): Promise<string> {
  const [device] = await enrol(server, tenant, 1)
  const id = await deploy(tenant.api, { devices: [device!.id] })
  await poll(device!)
  await server.env.db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, finished)
    select tenant_id, 'more-' || lpad(n::text, 6, '0'), gen_random_uuid()::text, deployment_id, deployment_created, 'success', created, created
    from device_deployments, generate_series(2, ${n}::int) as n where deployment_id = ${id}`)
  return id
}

test('all devices of a deployment are returned at once, in order and without duplicates', async () => {
  const id = await deployTo(MANY)
  const { status, headers, body } = await tenant.api.get(`${V1}/${id}/devices`)
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  expect(body).toHaveLength(MANY)
  expect(body[0]).toMatchObject({ status: 'pending', image: { name: 'release-1' }, attempts: 1, retries: 0 })
  expect(body[0]).not.toHaveProperty('finished')
  const ids = body.slice(1).map((device: { id: string }) => device.id)
  expect(ids).toEqual([...new Set(ids)].sort())
  const { body: listed } = await tenant.api.get(`${V1}/${id}/device_list`)
  expect([...listed].sort()).toEqual(body.map((device: { id: string }) => device.id).sort())
})

test('a deployment without assigned devices has the devices []', async () => {
  const id = await deploy(tenant.api, { devices: ['nobody'] })
  expect((await tenant.api.get(`${V1}/${id}/devices`)).text).toBe('[]')
  expect((await tenant.api.get(`${V1}/${id}/device_list`)).text).toBe('["nobody"]')
  expect((await tenant.api.get(`${V1}/00000000-0000-4000-8000-000000000000/devices`)).status).toBe(404)
})

test('clients that disconnect during a response leave no database connection in use', async () => {
  const id = await deployTo(MANY)
  const goAway = () =>
    new Promise<void>((gone, failed) => {
      const headers = { authorization: `Bearer ${tenant.api.token}` }
      request(`${server.url}${V1}/${id}/devices`, { headers }, (response) => {
        response.once('data', () => {
          response.destroy()
          gone()
        })
      })
        .once('error', failed)
        .end()
    })
  for (let reader = 0; reader < READERS; reader++) await goAway()
  expect((await tenant.api.get(`${V1}/${id}`)).status).toBe(200)
  const busy = () =>
    server.env.db.query(sql`
      select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`)
  while ((await busy()).length > 0) await new Promise((wake) => setTimeout(wake, 20))
})
