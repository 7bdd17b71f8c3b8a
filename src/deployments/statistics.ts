import { type Static, Type } from 'typebox'
import { DEVICE_STATUSES, type DeviceStatus } from './device-status.ts'

/** Number of devices by status. */
export const Statistics = Type.Object(
  Object.fromEntries(
    DEVICE_STATUSES.map((status) => [
      status,
      Type.Integer({ description: `Number of devices that are \`${status}\`` }),
    ]),
  ) as Record<DeviceStatus, ReturnType<typeof Type.Integer>>,
  { title: 'Statistics', description: 'Number of devices by status' },
)
export type Counters = Static<typeof Statistics>

export const noCounts = (): Counters => Object.fromEntries(DEVICE_STATUSES.map((status) => [status, 0])) as Counters
