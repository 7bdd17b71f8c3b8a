import { attributeText, deviceName, type NamingAttribute } from '../texts/device-names.ts'
import type { Device } from './device.ts'
import type { Projection } from './query.ts'

export const deviceColumns = (attributes: readonly Projection[]): string[] => [
  'name',
  'id',
  ...attributes.map(({ scope, attribute }) => `${scope}/${attribute}`),
]

/** What a device is called, its ID, and the attributes, empty if it does not have them. */
export const deviceCells = (
  device: Device,
  attributes: readonly Projection[],
  naming: NamingAttribute | undefined,
): string[] => [
  deviceName(device, naming),
  device.id,
  ...attributes.map(({ scope, attribute }) => attributeText(device, scope, attribute) ?? ''),
]
