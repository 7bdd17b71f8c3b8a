import type { DeviceActor } from '../../auth/actor.ts'
import type { AuthSetStatus } from '../../auth/auth-set.ts'
import type { Versions } from '../../deployments/poll/device-state.ts'
import type { DdiSettings } from '../ddi-settings.ts'
import type { Polling } from '../polling.ts'
import type { ControllerRow } from '../rows/controller-rows.ts'

/** The device of an authenticated request. */
export type Controller = {
  device: DeviceActor
  status: AuthSetStatus
  settings: DdiSettings
  /** How often it polls if it has nothing to do. */
  polling: Polling
  /** Those at which the credential was right. */
  versions: Versions
} & Pick<
  ControllerRow,
  'wants_config_data' | 'device_type' | 'default_device_type' | 'artifact_name' | 'open_action_id'
>
