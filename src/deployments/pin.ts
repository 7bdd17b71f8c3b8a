import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import { readDateTime } from './date-time.ts'
import { By } from './rollout/answers.ts'
import { orNull } from './rollout/members.ts'

/** Until a user removes the pin. As a text it comes after every time. */
export const FOREVER = 'forever'

export const NewPin = Type.Object(
  {
    not_before: orNull(
      'Time before which the device is not updated, in the future; absent: it is never updated',
      Type.String({ maxLength: 64 }),
    ),
    reason: Type.String({ minLength: 1, maxLength: 1024, description: 'Why, for people' }),
  },
  { title: 'NewPin', description: 'How long to keep a device from updates' },
)
export type NewPin = Static<typeof NewPin>

export const DevicePin = Type.Object(
  {
    device_id: Type.String({ description: 'ID of the device' }),
    not_before: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the pin ends; absent: when somebody removes it' }),
    ),
    reason: Type.String({ description: 'Why' }),
    by: By,
    since: Type.String({ format: 'date-time', description: 'When the device was pinned' }),
  },
  { title: 'DevicePin', description: 'What keeps a device from updates' },
)
export type DevicePin = Static<typeof DevicePin>

/** As stored: `pinned_until` and `pin` of the device. */
export type StoredPin = { pinned_until: string; pin: { reason: string; by: By; since: string } }

/** When a pin ends, in milliseconds, if it keeps the device from updates now; undefined: it does not. */
export function pinEnds(pinned_until: string | null, now: string): number | undefined {
  if (pinned_until === null || pinned_until <= now) return undefined
  return pinned_until === FOREVER ? Number.POSITIVE_INFINITY : Date.parse(pinned_until)
}

/** `pinned_until` of a new pin. */
export function readPinEnd({ not_before }: Pick<NewPin, 'not_before'>, now: string): string {
  if (!not_before) return FOREVER
  const time = readDateTime('not_before', not_before)
  if (time <= now) throw invalidField('not_before', 'must be in the future')
  return time
}

export const toDevicePin = (device_id: string, { pinned_until, pin }: StoredPin): DevicePin => ({
  device_id,
  ...(pinned_until === FOREVER ? {} : { not_before: pinned_until }),
  ...pin,
})

/** `The device is pinned by jo@example.com: it is never updated (demo on the stand)` */
export const pinText = ({ not_before, reason, by }: Pick<DevicePin, 'not_before' | 'reason' | 'by'>): string =>
  `The device is pinned by ${by.email ?? 'a user'}: it is ${not_before ? `not updated before ${not_before}` : 'never updated'} (${reason})`
