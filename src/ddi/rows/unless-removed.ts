import { violatedConstraint } from '../../db/database-errors.ts'
import { wrongDeviceToken } from '../../ddi-errors.ts'

const OF_DEVICES = /^ddi_(actions|devices)_tenant_id_device_id_fkey$/

/** Awaits a write for a device; if the device was removed since it authenticated, refuses the request. */
export const unlessRemoved = <Result>(write: Promise<Result>): Promise<Result> =>
  write.catch((error) => {
    throw OF_DEVICES.test(violatedConstraint(error) ?? '') ? wrongDeviceToken(false) : error
  })
