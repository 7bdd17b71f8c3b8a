import type { Device } from '../api/devices.ts'

const WELL_KNOWN = ['mac', 'serial_number', 'serial', 'serial_no', 'sn', 'imei', 'hostname']
const NO_IDENTITY = ['id', 'status']

const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))

/** The value of an attribute as text; undefined if the device does not have it. */
export function attributeOf({ attributes }: Device, scope: string, name: string): string | undefined {
  const found = attributes.find((one) => one.scope === scope && one.name === name)
  return found && text(found.value)
}

/** The display name of a device: its `name` tag, else a value of its identity, else its ID. */
export function nameOf(device: Device): string {
  const identity = device.attributes.filter(({ scope, name }) => scope === 'identity' && !NO_IDENTITY.includes(name))
  const known = WELL_KNOWN.map((name) => identity.find((one) => one.name === name)).find(Boolean)
  const chosen = attributeOf(device, 'tags', 'name') ?? (known ?? identity[0])?.value
  return chosen === undefined || text(chosen) === '' ? device.id : text(chosen)
}

/** The protocol that the device speaks. */
export const dialectOf = (device: Device): 'mender' | 'ddi' =>
  attributeOf(device, 'system', 'dialect') === 'ddi' ? 'ddi' : 'mender'

export const statusOf = (device: Device): string => attributeOf(device, 'identity', 'status') ?? 'noauth'
