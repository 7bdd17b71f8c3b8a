import { expect, test } from 'vitest'
import { namingIn } from '../src/auth/settings.ts'
import { deviceName, matchIn } from '../src/texts/device-names.ts'

const attribute = (key: string, value: unknown) => {
  const [scope = '', name = ''] = key.split('/')
  return { scope, name, value }
}
const device = (attributes: Record<string, unknown>) => ({
  id: 'd-1',
  attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
})
const HOSTNAME = { scope: 'inventory', attribute: 'hostname' }

test.each([
  [HOSTNAME, { 'inventory/hostname': 'gw-1', 'tags/name': 'roof', 'identity/mac': '02:00' }, 'gw-1'],
  [HOSTNAME, { 'inventory/hostname': ' ', 'tags/name': 'roof', 'identity/mac': '02:00' }, 'roof'],
  [HOSTNAME, { 'identity/asset': 'a-7', 'identity/serial': 'sn-1' }, 'sn-1'],
  [HOSTNAME, { 'identity/asset': 7 }, '7'],
  [HOSTNAME, { 'identity/status': 'pending' }, 'd-1'],
  [undefined, { 'inventory/hostname': 'gw-1', 'identity/mac': '02:00' }, '02:00'],
  [{ scope: 'identity', attribute: 'id' }, { 'tags/name': 'roof' }, 'd-1'],
  [{ scope: 'inventory', attribute: 'ips' }, { 'inventory/ips': ['10.0.0.1', '10.0.0.2'] }, '10.0.0.1, 10.0.0.2'],
])('by %j a device with %j is called %s', (by, attributes, name) => {
  expect(deviceName(device(attributes), by)).toBe(name)
})

test.each([
  [{ id_attribute: { scope: 'tags', attribute: 'name', other: 1 } }, { scope: 'tags', attribute: 'name' }],
  [{}, undefined],
  [{ id_attribute: 'mac' }, { scope: 'identity', attribute: 'mac' }],
  [{ id_attribute: 'Device ID' }, { scope: 'identity', attribute: 'id' }],
  [{ id_attribute: '' }, undefined],
  [{ id_attribute: null }, undefined],
  [{ id_attribute: { scope: 'tags', attribute: '' } }, undefined],
])('the settings %j name %j', (settings, naming) => {
  expect(namingIn(settings)).toEqual(naming)
})

test('what matches a search is said unless the name shows it, cut down to what is around it', () => {
  const found = device({
    'identity/serial': 'SN-0042',
    'inventory/notes': `${'x'.repeat(100)} Needle ${'y'.repeat(100)}`,
  })
  expect(matchIn(found, 'sn-00', 'gw-1')).toEqual({ label: 'serial', value: 'SN-0042' })
  expect(matchIn(found, 'D-1', 'gw-1')).toEqual({ label: 'ID', value: 'd-1' })
  expect(matchIn(found, 'GW', 'gw-1')).toBeUndefined()
  expect(matchIn(found, ' ', 'gw-1')).toBeUndefined()
  expect(matchIn(found, 'nowhere', 'gw-1')).toBeUndefined()
  expect(matchIn(found, 'needle', 'gw-1')?.value).toMatch(/^…x{19} Needle y+…$/)
})
