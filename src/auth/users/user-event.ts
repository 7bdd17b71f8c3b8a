import { type Event, eventObject } from '../../events/event.ts'
import type { NewEvent } from '../../events/record-event.ts'

type EventUser = { id: string; email: string }

export const userObject = ({ id, email }: EventUser): Event['object'] => eventObject('user', id, { email })

/** `user`: with the e-mail address before the update; `lines`: what changed, as in a diff. */
export const userUpdated = (at: Date, user: EventUser, lines: readonly string[]): NewEvent => ({
  ...{ at, action: 'update', object: userObject(user) },
  change: `Updated user ${user.email}:\n${lines.join('\n')}`,
})
