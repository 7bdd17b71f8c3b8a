import type { Device } from '../api/devices.ts'
import { Ago } from './time.tsx'

/** When the device was last heard of. */
export const CheckIn = ({ device }: { device: Device }) =>
  device.check_in_time ? <Ago at={device.check_in_time} /> : 'not seen yet'
