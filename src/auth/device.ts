import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import { AuthSetStatus } from './auth-set.ts'
import { Dialect } from './dialect.ts'

/** Strongest first: a device has the strongest status of its auth sets; `noauth` if it has none. */
export const DEVICE_STATUSES = ['accepted', 'preauthorized', 'pending', 'rejected', 'noauth'] as const
export type DeviceStatus = (typeof DEVICE_STATUSES)[number]

const IdentityData = Type.Object(
  {},
  { additionalProperties: true, title: 'Identity', description: 'The attributes that identify a device, by name' },
)

const AuthSet = Type.Object(
  {
    id: Type.String({ description: 'ID of the authentication set' }),
    identity_data: IdentityData,
    pubkey: Type.String({ description: 'Public key of the device (PEM); empty: the device speaks DDI and has none' }),
    ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
    status: AuthSetStatus,
  },
  { title: 'AuthSet', description: 'An identity with one public key' },
)

export const Device = Type.Object(
  {
    id: Type.String({ description: 'ID of the device' }),
    identity_data: IdentityData,
    status: Type.Enum([...DEVICE_STATUSES], {
      title: 'DeviceStatus',
      description: 'The strongest status of the authentication sets; `noauth`: there is none',
    }),
    dialect: Dialect,
    decommissioning: Type.Boolean({ description: 'Always false: devices are decommissioned at once' }),
    created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
    updated_ts: Type.String({ format: 'date-time', description: 'Time of the last change' }),
    check_in_time: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time of the last poll or inventory report, up to 10 minutes late; absent: none',
      }),
    ),
    auth_sets: Type.Array(AuthSet, { description: 'The authentication sets of the device' }),
  },
  { title: 'Device', description: 'A device with its authentication sets' },
)
export type Device = Static<typeof Device>

export function requireStatuses(words: readonly string[]): DeviceStatus[] {
  const isStatus = (word: string): word is DeviceStatus => DEVICE_STATUSES.some((status) => status === word)
  if (!words.every(isStatus))
    throw badRequest('status must be one of: pending, accepted, rejected, preauthorized, noauth')
  return [...words] as DeviceStatus[]
}
