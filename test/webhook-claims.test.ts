import { expect, test } from 'vitest'
import { announce } from '../src/webhooks/announce.ts'
import { claimStreams } from '../src/webhooks/delivery/claim-streams.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { integrate } from './support/receiver.ts'

const DAY_MS = 24 * 3600 * 1000
const server = useServer()
const tenant = useTenant(server)

test('a free place is for the integration to which least is being sent, and each has its share only', async () => {
  const { api, tenant_id } = tenant
  const slow = await integrate(api, 'https://slow.example.com/')
  const other = await integrate(api, 'https://other.example.com/')
  const { db, now } = server.env
  // The server itself sends them tomorrow.
  const at = new Date(now().getTime() + DAY_MS).toISOString()
  await announce(
    db,
    tenant_id,
    [1, 2, 3, 4].map((n) => ({ subject: `device:${n}` as const, type: 'device-decommissioned', at, data: {} })),
  )
  const claim = async (room: number, count: number) => {
    const busy = [{ tenant_id, integration_id: slow, count }]
    const due = await claimStreams(db, { lease: `${room}`, lease_ms: DAY_MS, now: at, per_integration: 3, room, busy })
    return due.map(({ integration_id }) => integration_id)
  }
  expect(await claim(1, 2)).toEqual([other])
  expect((await claim(500, 2)).toSorted()).toEqual([other, other, other, slow].toSorted())
  expect(await claim(500, 3)).toEqual([])
})
