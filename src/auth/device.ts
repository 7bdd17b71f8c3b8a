import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import { AuthSetStatus } from './auth-set.ts'

/** Strongest first: a device has the strongest status of its auth sets; `noauth` if it has none. */
export const DEVICE_STATUSES = ['accepted', 'preauthorized', 'pending', 'rejected', 'noauth'] as const
export type DeviceStatus = (typeof DEVICE_STATUSES)[number]

const IdentityData = Type.Object({}, { additionalProperties: true, description: 'What the device calls itself' })
const Time = Type.String({ format: 'date-time' })

export const Device = Type.Object({
  id: Type.String(),
  identity_data: IdentityData,
  status: Type.Enum([...DEVICE_STATUSES]),
  decommissioning: Type.Boolean(),
  created_ts: Time,
  updated_ts: Time,
  check_in_time: Type.Optional(Time),
  auth_sets: Type.Array(
    Type.Object({
      id: Type.String(),
      identity_data: IdentityData,
      pubkey: Type.String({ description: 'PEM' }),
      ts: Time,
      status: AuthSetStatus,
    }),
  ),
})
export type Device = Static<typeof Device>

export function requireStatuses(words: readonly string[]): DeviceStatus[] {
  const isStatus = (word: string): word is DeviceStatus => DEVICE_STATUSES.some((status) => status === word)
  if (!words.every(isStatus))
    throw badRequest('status must be one of: pending, accepted, rejected, preauthorized, noauth')
  return [...words] as DeviceStatus[]
}
