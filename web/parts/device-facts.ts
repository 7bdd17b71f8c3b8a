import { attributeText, deviceName } from '../../src/texts/device-names.ts'
import type { Device } from '../api/devices.ts'
import { useSession } from '../api/session.ts'

/** The value of an attribute as text; undefined if the device does not have it. */
export const attributeOf: (device: Device, scope: string, name: string) => string | undefined = attributeText

/** What devices are called, by the attribute that the tenant has chosen. */
export function useNameOf(): (device: Device) => string {
  const { device_naming } = useSession()
  return (device) => deviceName(device, device_naming)
}

/** The protocol that the device speaks. */
export const dialectOf = (device: Device): 'mender' | 'ddi' =>
  attributeOf(device, 'system', 'dialect') === 'ddi' ? 'ddi' : 'mender'

export const statusOf = (device: Device): string => attributeOf(device, 'identity', 'status') ?? 'noauth'
