import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { authenticates, authOf, DEVAUTH, ed25519 } from '../support/auth.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addUser, eventsOf } from '../support/users.ts'

const BULK = `${DEVAUTH}/devices/bulk`
const INVENTORY = '/api/management/v1/inventory'

const server = useServer()
const tenant = useTenant(server)
let auth: ReturnType<typeof authOf>
beforeAll(async () => {
  auth = authOf(server, tenant)
})

const change = (action: string, ...device_ids: string[]) => tenant.api.post(BULK, { action, device_ids })
const statusOf = async (id: string) => (await auth.devices(`id=${id}`))[0]?.status

test('many devices are accepted in one call, and each gets a token', async () => {
  const waiting = [await auth.waiting(), await auth.waiting(), await auth.waiting()]
  const response = await change('accept', ...waiting.map(({ id }) => id))
  expect(response).toMatchObject({ status: 200, body: { changed: 3, failed: [] } })
  for (const { keys, identity } of waiting) expect(await auth.ask(keys, identity)).toMatchObject({ status: 200 })
})

test('a device that cannot be accepted is returned with the reason, and the others are accepted', async () => {
  const [fine, several, none] = [await auth.waiting(), await auth.waiting(), await auth.waiting()]
  await auth.ask(ed25519(), several.identity)
  await auth.deleteSet(none.id, none.set_id)
  const gone = randomUUID()
  expect((await change('accept', several.id, none.id, gone, fine.id, fine.id)).body).toEqual({
    changed: 1,
    failed: [
      {
        ...{ id: several.id, code: 'auth_set_ambiguous' },
        error: 'The device has asked with several keys: accept the right one of them.',
      },
      {
        ...{ id: none.id, code: 'auth_set_missing' },
        error: 'The device has no key that could be accepted: it must ask first.',
      },
      { id: gone, error: 'device not found', code: 'device_not_found' },
    ],
  })
  expect(await statusOf(fine.id)).toBe('accepted')
  expect(await statusOf(several.id)).toBe('pending')
})

test('accepting an accepted device does not accept its other, pending key', async () => {
  const device = await auth.admitted()
  await auth.ask(ed25519(), device.identity)
  expect((await change('accept', device.id)).body).toEqual({ changed: 1, failed: [] })
  expect(await authenticates(server, device.token)).toBe(true)
})

test('rejecting applies to every key, revokes the tokens and is in the audit log', async () => {
  const device = await auth.admitted()
  await auth.ask(ed25519(), device.identity)
  expect((await change('reject', device.id)).body).toEqual({ changed: 1, failed: [] })
  expect(await authenticates(server, device.token)).toBe(false)
  const [{ auth_sets }] = await auth.devices(`id=${device.id}`)
  expect(auth_sets.map(({ status }: { status: string }) => status)).toEqual(['rejected', 'rejected'])
  const rejected = (await eventsOf(server, tenant)).filter(({ action }) => action === 'reject')
  expect(rejected).toMatchObject([{ object: { id: device.id, type: 'device' } }])
})

test('decommissioning several devices removes them', async () => {
  const devices = [await auth.admitted(), await auth.waiting()]
  expect((await change('decommission', ...devices.map(({ id }) => id))).body).toEqual({ changed: 2, failed: [] })
  for (const { id } of devices) expect(await statusOf(id)).toBeUndefined()
  expect((await change('decommission', devices[0]!.id)).body.failed).toEqual([
    { id: devices[0]!.id, error: 'device not found', code: 'device_not_found' },
  ])
})

test('two users who accept the same devices at once get the same result, and the limit holds', async () => {
  const mine = await server.tenant()
  const their = authOf(server, mine)
  await their.limit(3)
  const ids: string[] = []
  for (let i = 0; i < 6; i++) ids.push((await their.waiting()).id)
  const accept = () => mine.api.post(BULK, { action: 'accept', device_ids: ids })
  const [one, other] = await Promise.all([accept(), accept()])
  expect(one.body.failed.map(({ error }: { error: string }) => error)).toContain(
    'maximum number of accepted devices reached',
  )
  expect(one.body.changed).toBe(3)
  expect(other.body.changed).toBe(3)
  expect(await their.devices('status=accepted')).toHaveLength(3)
})

test('a user limited to a group cannot change other devices', async () => {
  const [inside, outside] = [await auth.admitted(), await auth.waiting()]
  await tenant.api.put(`${INVENTORY}/devices/${inside.id}/group`, { group: 'lab' })
  const permission_sets_with_scope = [{ name: 'ManageDevices', scope: { type: 'DeviceGroups', value: ['lab'] } }]
  await tenant.api.post('/api/management/v2/useradm/roles', { name: 'lab crew', permission_sets_with_scope })
  const crew = await addUser(server, tenant, ['lab crew'])
  const response = await crew.api.post(BULK, { action: 'reject', device_ids: [inside.id, outside.id] })
  expect(response.body).toEqual({
    changed: 1,
    failed: [{ id: outside.id, error: 'device not found', code: 'device_not_found' }],
  })
  expect(await statusOf(outside.id)).toBe('pending')
})

test('devices of another tenant are not found', async () => {
  const otherTenant = await server.tenant()
  const device = await auth.waiting()
  const response = await otherTenant.api.post(BULK, { action: 'decommission', device_ids: [device.id] })
  expect(response.body).toEqual({
    changed: 0,
    failed: [{ id: device.id, error: 'device not found', code: 'device_not_found' }],
  })
  expect(await statusOf(device.id)).toBe('pending')
})

test('an unknown action, no device and too many devices are rejected', async () => {
  for (const body of [
    { action: 'explode', device_ids: ['a'] },
    { action: 'accept', device_ids: [] },
    { action: 'accept', device_ids: Array.from({ length: 201 }, () => randomUUID()) },
  ])
    expect(await tenant.api.post(BULK, body)).toMatchObject({ status: 400, body: { error: expect.any(String) } })
})
