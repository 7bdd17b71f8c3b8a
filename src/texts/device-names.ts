type Attribute = { scope: string; name: string; value: unknown }
type Device = { id: string; attributes: readonly Attribute[] }

/** The attribute by whose value devices are called. */
export type NamingAttribute = { scope: string; attribute: string }

const WELL_KNOWN = ['mac', 'serial_number', 'serial', 'serial_no', 'sn', 'imei', 'hostname']
const NO_IDENTITY = ['id', 'status']

const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))

/** The value of an attribute as text; undefined if the device does not have it. */
export function attributeText({ id, attributes }: Device, scope: string, name: string): string | undefined {
  if (scope === 'identity' && name === 'id') return id
  const found = attributes.find((one) => one.scope === scope && one.name === name)
  return found && text(found.value)
}

/** What a device is called: its naming attribute, else its `name` tag, else a value of its identity, else its ID. */
export function deviceName(device: Device, by: NamingAttribute | undefined): string {
  const identity = device.attributes.filter(({ scope, name }) => scope === 'identity' && !NO_IDENTITY.includes(name))
  const known = WELL_KNOWN.map((name) => identity.find((one) => one.name === name)).find(Boolean)
  const names = [
    by && attributeText(device, by.scope, by.attribute),
    attributeText(device, 'tags', 'name'),
    text((known ?? identity[0])?.value ?? ''),
  ]
  return names.find((name) => name !== undefined && name.trim() !== '') ?? device.id
}

type Match = { label: string; value: string }

/** Longer values are cut down to what is around the match. */
const MAX_SHOWN = 80
const BEFORE_MATCH = 20

/** Where a device contains a searched text, in any case, unless its name does. */
export function matchIn(device: Device, searched: string, name: string): Match | undefined {
  const wanted = searched.trim().toLowerCase()
  if (wanted === '' || name.toLowerCase().includes(wanted)) return undefined
  const values = device.attributes.map((one): Match => ({ label: one.name, value: text(one.value) }))
  const found = [{ label: 'ID', value: device.id }, ...values].find(({ value }) => value.toLowerCase().includes(wanted))
  return found && { label: found.label, value: excerpt(found.value, wanted) }
}

function excerpt(value: string, wanted: string): string {
  if (value.length <= MAX_SHOWN) return value
  const begin = Math.max(0, value.toLowerCase().indexOf(wanted) - BEFORE_MATCH)
  const end = begin + MAX_SHOWN
  return `${begin > 0 ? '…' : ''}${value.slice(begin, end)}${end < value.length ? '…' : ''}`
}
