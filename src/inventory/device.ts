import { type Static, Type } from 'typebox'
import { Attribute, type Notes } from './attribute.ts'
import { columnOf, type Filterable } from './filter.ts'

/** A device of the inventory API. */
export const Device = Type.Object(
  {
    id: Type.String({ description: 'ID of the device' }),
    attributes: Type.Array(Attribute, { description: 'The attributes, or those that were asked for' }),
    updated_ts: Type.String({ format: 'date-time', description: 'Time of the last change of an attribute' }),
    check_in_time: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time of the last poll or inventory report, up to 10 minutes late; absent: none',
      }),
    ),
    pin_reason: Type.Optional(
      Type.String({ description: 'Why the device is pinned, until `system/pinned_until`; absent: it is not' }),
    ),
  },
  { title: 'DeviceInventory', description: 'A device with its attributes' },
)
export type Device = Static<typeof Device>

export type StoredDevice = Filterable & { attribute_notes: Record<string, Notes> | null; pin_reason: string | null }

export const toDevice = (device: StoredDevice): Device => ({
  id: device.id,
  attributes: attributesOf(device),
  updated_ts: device.attributes_updated_ts,
  ...(device.check_in_time ? { check_in_time: device.check_in_time } : {}),
  ...(device.pin_reason === null ? {} : { pin_reason: device.pin_reason }),
})

const attributesOf = (device: StoredDevice): Attribute[] => [...documentOf(device), ...columnsOf(device)]

const documentOf = ({ attributes, attribute_notes }: StoredDevice): Attribute[] =>
  Object.entries(attributes).flatMap(([scope, named]) =>
    Object.entries(named)
      // Filters reference columns by these names, such as `identity/status`, not what an identity may hold.
      .filter(([name]) => !columnOf(scope, name))
      .map(([name, value]) => ({ name, value, scope, ...noteOn(attribute_notes?.[scope], name) })),
  )

const noteOn = (notes: Notes | undefined, name: string) => (notes && Object.hasOwn(notes, name) ? notes[name] : {})

const columnsOf = (device: StoredDevice): Attribute[] => [
  { name: 'status', value: device.status, scope: 'identity' },
  { name: 'dialect', value: device.dialect, scope: 'system' },
  { name: 'created_ts', value: device.created_ts, scope: 'system' },
  { name: 'updated_ts', value: device.attributes_updated_ts, scope: 'system' },
  ...(device.check_in_time ? [{ name: 'check_in_time', value: device.check_in_time, scope: 'system' }] : []),
  ...(device.pinned_until ? [{ name: 'pinned_until', value: device.pinned_until, scope: 'system' }] : []),
  ...(device.group_name === null ? [] : [{ name: 'group', value: device.group_name, scope: 'system' }]),
]
