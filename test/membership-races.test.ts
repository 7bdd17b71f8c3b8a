import { expect, test } from 'vitest'
import { readDeviceToken } from '../src/auth/devices/read-device-token.ts'
import { changeTenant } from '../src/auth/tenants/change-tenant.ts'
import { bounded } from '../src/client/bounded.ts'
import { sql } from '../src/db/sql.ts'
import { offerUpdate } from '../src/deployments/poll/offer-update.ts'
import { readFamilies } from '../src/metrics/metric.ts'
import { type Api, openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { DEVAUTH } from './support/auth.ts'
import { useContest } from './support/contest.ts'
import { deploy, inventoryTerm, saveFilter, V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { gathered } from './support/gathered.ts'
import type { TestTenant } from './support/server.ts'

const { server, rivals } = useContest()

/** A tenant with accepted devices, as seen through each of the two processes. */
async function fleet(n: number) {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const ids = (await enrol(server, tenant, n)).map(({ id }) => id)
  const token = tenant.api.token
  const apis = rivals.urls.map((url) => openApi(url, token))
  return { tenant, ids, apis }
}

const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!

const decide = (api: Api, id: string, action: string) =>
  api.post(`${DEVAUTH}/devices/bulk`, { action, device_ids: [id] })
const move = (api: Api, id: string, group: string) =>
  api.put(`/api/management/v1/inventory/devices/${id}/group`, { group })

test('a deployment lists the devices that it counted at creation, whatever happens to them meanwhile', async () => {
  const { tenant, ids, apis } = await fleet(30)
  for (const id of ids) await move(tenant.api, id, 'lab')
  const created: { id: string; api: Api }[] = []
  const creating = bounded(3, Array.from({ length: 16 }), async (_, i) => {
    const api = oneOf(apis)
    const id =
      i % 2 === 0
        ? await deploy(api, { all_devices: true })
        : await deploy(api, { devices: [], group: 'lab', retries: 0, phases: [] }, `${V1}/group/lab`)
    created.push({ id, api })
  })
  const changing = bounded(8, [...ids, ...ids, ...ids], async (id, i) => {
    const api = oneOf(apis)
    if (i % 3 === 0) await move(api, id, oneOf(['lab', 'field']))
    else await decide(api, id, i % 11 === 0 ? 'decommission' : oneOf(['accept', 'reject']))
  })
  await Promise.all([creating, changing])

  expect(created).toHaveLength(16)
  for (const { id, api } of created) {
    const { body: listed } = await api.get(`${V1}/${id}/device_list`)
    const { body } = await api.get(`${V1}/${id}`)
    expect(new Set(listed).size).toBe(body.initial_device_count)
    expect(listed).toHaveLength(body.initial_device_count)
  }
})

const countOf = async (tenant: TestTenant) =>
  gathered(server.env.db, (db) =>
    db.first(sql`
      select accepted_count,
        (select count(*) from devices d where d.tenant_id = t.tenant_id and d.status = 'accepted') as accepted
      from tenants t where tenant_id = ${tenant.tenant_id}`),
  )

test('devices accepted and removed on two processes never exceed the device limit, which counts exactly', async () => {
  const { tenant, ids, apis } = await fleet(30)
  await Promise.all(ids.map((id) => decide(oneOf(apis), id, 'reject')))
  await changeTenant(server.env, { tenant_id: tenant.tenant_id, max_devices: 7 })
  let watching = true
  const most = (async () => {
    let seen = 0
    while (watching) {
      const row = await server.env.db.first<{ count: number }>(sql`
        select count(*) from devices where tenant_id = ${tenant.tenant_id} and status = 'accepted'`)
      seen = Math.max(seen, row?.count ?? 0)
    }
    return seen
  })()
  await bounded(12, [...ids, ...ids, ...ids], (id, i) =>
    decide(oneOf(apis), id, i % 29 === 0 ? 'decommission' : oneOf(['accept', 'accept', 'reject'])),
  )
  watching = false
  expect(await most).toBeLessThanOrEqual(7)
  const { accepted, accepted_count } = (await countOf(tenant)) as { accepted: number; accepted_count: number }
  expect(accepted_count).toBe(accepted)
  await bounded(12, ids, (id) => decide(oneOf(apis), id, 'accept'))
  expect(await countOf(tenant)).toEqual({ accepted: 7, accepted_count: 7 })
})

test('a device limit that is set, removed and set again while devices change counts all devices', async () => {
  const { tenant, ids, apis } = await fleet(20)
  const limits = [50, -1, 60, 40, -1, 30]
  await Promise.all([
    bounded(8, [...ids, ...ids, ...ids], (id) => decide(oneOf(apis), id, oneOf(['accept', 'reject']))),
    bounded(1, limits, (max_devices) => changeTenant(server.env, { tenant_id: tenant.tenant_id, max_devices })),
  ])
  const { accepted, accepted_count } = (await countOf(tenant)) as { accepted: number; accepted_count: number }
  expect(accepted_count).toBe(accepted)
})

const waitingForDatabase = () =>
  readFamilies().find(({ name }) => name === 'muster_database_waiting')?.values[0]?.value ?? 0

/** All statements except those that only read devices. */
const CONNECTIONS = 20

/** Until it is released, this process can read devices and do nothing else. */
async function whileLocked<Result>(work: () => Promise<Result>): Promise<Result> {
  const { promise: end, resolve: stop } = withResolvers()
  let held = 0
  const holding = Array.from({ length: CONNECTIONS }, () =>
    server.env.db.transaction(async () => {
      held++
      await end
    }),
  )
  await expect.poll(() => held).toBe(CONNECTIONS)
  return work().finally(async () => {
    stop()
    await Promise.all(holding)
  })
}

function withResolvers() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('a device that was read before a deployment to all was created does not skip it for a newer one', async () => {
  const { tenant, apis } = await fleet(1)
  const [device] = await enrol(server, tenant, 1, { foo: 'foo' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const actor = readDeviceToken(server.env, device?.token ?? '')!.device
  const next = () =>
    offerUpdate(server.env, actor, {
      provides: { artifact_name: 'dontcare', device_type: 'qemux86-64' },
      polls_while_working: false,
    })
  const known = await deploy(tenant.api, { filter_id })
  expect((await next())?.deployment.id).toBe(known)
  await device!.report(known, 'success')
  expect(await next()).toBeUndefined()
  await uploadTestArtifact(apis[0]!, { name: 'release-2' })

  const { polling, to_all } = await whileLocked(async () => {
    const polling = next()
    // The device has been read; the deployments are read next.
    await expect.poll(waitingForDatabase).toBeGreaterThan(0)
    const to_all = await deploy(apis[0]!, { all_devices: true })

    await deploy(apis[1]!, { filter_id })

    return { polling, to_all }
  })
  expect((await polling)?.deployment.id).toBe(to_all)
})
