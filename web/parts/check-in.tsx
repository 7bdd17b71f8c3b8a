import type { Device } from '../api/devices.ts'
import { Ago } from './time.tsx'

/** The time of the last request of the device. */
export const CheckIn = ({ device }: { device: Device }) =>
  device.check_in_time ? <Ago at={device.check_in_time} /> : 'not seen yet'
