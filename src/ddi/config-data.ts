import { type Static, Type } from 'typebox'
import { badRequest, tooManyAttributes } from '../errors.ts'
import type { NewAttribute } from '../inventory/attribute.ts'
import { cut } from '../text.ts'
import type { DdiSettings } from './ddi-settings.ts'

export const ConfigData = Type.Object(
  {
    mode: Type.Optional(
      Type.String({
        description: '`merge`, the default, adds to the attributes, `replace` replaces them, `remove` removes these',
      }),
    ),
    data: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Required: the attributes, texts by their names' }),
    ),
  },
  { title: 'DdiConfigData', description: 'The attributes of a device' },
)
export type ConfigData = Static<typeof ConfigData>

export type Mode = 'merge' | 'replace' | 'remove'

/** The attributes by which the engine knows what a device is and runs. The server keeps them, whatever is replaced. */
const KEPT = ['device_type', 'artifact_name']

/** Attributes beside those: the inventory has room for the server's own, however many a device reports. */
const MAX_OTHERS = 98

const MAX_NAME_LENGTH = 1024
const MAX_VALUE_LENGTH = 16_384

/** A value that is no text is kept as text, because no one can correct a device in the field. */
export function readConfigData({ data = {}, mode = 'merge' }: ConfigData): { mode: Mode; values: Map<string, string> } {
  if (mode !== 'merge' && mode !== 'replace' && mode !== 'remove')
    throw badRequest('mode: must be merge, replace or remove.')
  const values = Object.entries(data)
    .filter(([name, value]) => name !== '' && name.length <= MAX_NAME_LENGTH && value !== null)
    .map(([name, value]) => [name, cut(textOf(value), MAX_VALUE_LENGTH)] as const)
  if (values.length === 0) throw badRequest('data: give the attributes of the device, texts by their names.')
  return { mode, values: new Map(values) }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What decides which attributes of a device are read, in one text. */
export const typeAttributesOf = ({ device_type_attributes }: Pick<DdiSettings, 'device_type_attributes'>): string =>
  JSON.stringify(device_type_attributes)

type Values = ReadonlyMap<string, NewAttribute['value']>
type TypeSettings = Pick<DdiSettings, 'device_type_attributes' | 'default_device_type'>

/** What config data writes. `before`: the attributes of the device, without a device type that the server gave it. */
export function writeOf(
  { mode, values }: { mode: Mode; values: Values },
  before: Values,
  settings: TypeSettings,
): { replace: boolean; attributes: NewAttribute[]; is_default_type: boolean } {
  const written = new Map(
    mode === 'merge'
      ? values
      : [...before].filter(([name]) => KEPT.includes(name) || (mode === 'remove' && !values.has(name))),
  )
  if (mode === 'replace') for (const [name, value] of values) written.set(name, value)
  const after = mode === 'merge' ? new Map([...before, ...values]) : written
  if ([...after.keys()].filter((name) => !KEPT.includes(name)).length > MAX_OTHERS) throw tooManyAttributes()
  const reported = deviceTypeOf(after, settings)
  const device_type = reported ?? settings.default_device_type
  if (device_type !== undefined) written.set('device_type', device_type)
  // An empty one would be a type that no artifact is for.
  else written.delete('device_type')
  const attributes = [...written].map(([name, value]) => ({ name, value }))
  return { replace: mode !== 'merge', attributes, is_default_type: reported === undefined && device_type !== undefined }
}

/** The device type by the attributes of a device; undefined: it reports none. */
function deviceTypeOf(attributes: Values, { device_type_attributes }: TypeSettings): string | undefined {
  const names = [...device_type_attributes, 'device_type']
  const found = names.map((name) => attributes.get(name)).find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : undefined
}
