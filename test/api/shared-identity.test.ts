import { expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { authOf, ed25519 } from '../support/auth.ts'
import { poll } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const MINUTE = 60 * 1000
const server = useServer({ is_single: true })
const tenant = useTenant(server)

const noticed = async ({ id }: SimulatedDevice) =>
  (await tenant.api.get(`/api/management/v2/deployments/deployments/devices/${id}/summary`)).body.shared_identity
const inFleet = async () => (await tenant.api.get('/api/management/v2/inventory/fleet')).body.shared_identities

test('two keys that take turns are noticed, until the other one is rejected', async () => {
  const auth = authOf(server, tenant)
  const [device] = (await enrol(server, tenant, 1)) as [SimulatedDevice]
  const other = ed25519()
  const ask = async () => expect((await auth.ask(other, device.identity)).status).toBe(401)
  await ask()
  server.advance(11 * MINUTE)
  // The device itself may have been installed again.
  await ask()
  expect(await noticed(device)).toBeUndefined()
  await poll(device)
  await server.saveCheckIns()
  expect(await noticed(device)).toBeUndefined()
  await ask()
  expect(await noticed(device)).toEqual({ noticed: expect.any(String), by: 'keys' })
  await expect.poll(inFleet).toEqual({ count: 1, device_ids: [device.id] })
  const { auth_sets } = await auth.deviceWith(device.identity)
  const pending = auth_sets.find(({ status }: { status: string }) => status === 'pending')
  await auth.setStatus(device.id, pending.id, 'rejected')
  await ask()
  expect(await noticed(device)).toBeUndefined()
  await expect.poll(inFleet).toEqual({ count: 0, device_ids: [] })
})

test('two machines with one key are noticed by their reports, for a week', async () => {
  const [device] = (await enrol(server, tenant, 1)) as [SimulatedDevice]
  for (const mac_eth0 of ['aa', 'bb', 'aa']) await device.sendInventory({ mac_eth0 })
  expect(await noticed(device)).toBeUndefined()
  await device.sendInventory({ mac_eth0: 'bb' })
  expect(await noticed(device)).toEqual({ noticed: expect.any(String), by: 'reports' })
  await server.env.db.query(sql`
    update auth_sets set shared_at = now() - interval '8 days'
    where shared_at is not null and tenant_id = ${tenant.tenant_id}`)
  expect(await noticed(device)).toBeUndefined()
})
