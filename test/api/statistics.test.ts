import { describe, expect, test } from 'vitest'
import { authOf, ed25519, newIdentity } from '../support/auth.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'

const STATISTICS = '/api/management/v2/inventory/statistics'

const server = useServer()

const tiers = (standard: number) => ({ standard, micro: 0, system: 0 })

describe('inventory statistics', () => {
  test('count the devices of each status, and name no other status', async () => {
    const tenant = await server.tenant()
    const auth = authOf(server, tenant)
    await enrol(server, tenant, 3)
    await auth.waiting()
    await auth.waiting()
    await auth.preauthorize(ed25519(), newIdentity())
    const [rejected, noauth] = [await auth.waiting(), await auth.waiting()]
    await auth.setStatus(rejected.id, rejected.set_id, 'rejected')
    await auth.deleteSet(noauth.id, noauth.set_id)
    const { status, body } = await tenant.api.get(STATISTICS)
    expect([status, body]).toEqual([
      200,
      { devices_by_status: { accepted: tiers(3), pending: tiers(2), rejected: tiers(1), preauthorized: tiers(1) } },
    ])
    await auth.decommission(rejected.id)
    expect((await tenant.api.get(STATISTICS)).body.devices_by_status.rejected).toEqual(tiers(0))
  })

  test('of a tenant without devices are all 0', async () => {
    await enrol(server, await server.tenant(), 1)
    const { api } = await server.tenant()
    expect((await api.get(STATISTICS)).body).toEqual({
      devices_by_status: { accepted: tiers(0), pending: tiers(0), rejected: tiers(0), preauthorized: tiers(0) },
    })
  })
})
