import { type Static, Type } from 'typebox'
import { ControllerId } from '../auth/ddi-identity.ts'
import { GivenToken, Token } from './token.ts'

const time = (description: string) => Type.String({ format: 'date-time', description })
const DeviceId = Type.String({ description: 'ID of the device' })

const Action = Type.Object(
  {
    id: Type.Integer({ description: 'ID of the action, as the device knows it' }),
    deployment_id: Type.String({ description: 'ID of the deployment' }),
    attempt: Type.Integer({ description: 'Number of the attempt in this deployment' }),
    created: time('Time at which the device was offered the artifact'),
    downloaded: Type.Boolean({ description: 'Whether the device has downloaded all of the artifact' }),
    cancel_since: Type.Optional(time('Time since which the device is asked to cancel; absent: it is not')),
    closed: Type.Optional(time('Time at which the action ended; absent: it has not ended')),
  },
  { title: 'DdiAction', description: 'An attempt of a DDI device to install an artifact' },
)

export const DdiDevice = Type.Object(
  {
    device_id: DeviceId,
    controller_id: ControllerId,
    has_target_token: Type.Boolean({ description: 'Whether the device has a target token' }),
    wants_config_data: Type.Boolean({
      description: 'Whether the device is asked for its attributes when it polls next',
    }),
    action: Type.Optional({ ...Action, description: 'The newest action; absent: there has been none' }),
  },
  { title: 'DdiDevice', description: 'What only devices that speak DDI have' },
)
export type DdiDevice = Static<typeof DdiDevice>

export const NewDdiDevice = Type.Object(
  { controller_id: ControllerId, token: GivenToken },
  { title: 'NewDdiDevice', description: 'A DDI device to accept before its first request' },
)
export type NewDdiDevice = Static<typeof NewDdiDevice>

export const CreatedDdiDevice = Type.Object(
  { device_id: DeviceId, token: Token },
  { title: 'CreatedDdiDevice', description: 'A DDI device that was created' },
)
export type CreatedDdiDevice = Static<typeof CreatedDdiDevice>

export const NewTargetToken = Type.Union(
  [Type.Object({ token: GivenToken }, { title: 'NewTargetToken', description: 'A target token to set' }), Type.Null()],
  { 'x-optional': true, description: 'May be absent' },
)

export const TargetToken = Type.Object(
  { token: Token },
  { title: 'TargetToken', description: 'A target token that was set' },
)
