import { type Static, Type } from 'typebox'

/** Those of Mender, then our own; a plural is several at once. */
export const OBJECT_TYPES = [
  ...(['user', 'deployment', 'device', 'artifact', 'tenant'] as const),
  ...(['devices', 'group', 'filter', 'release', 'releases', 'role', 'token', 'settings'] as const),
] as const
export type ObjectType = (typeof OBJECT_TYPES)[number]

export const ACTIONS = [
  ...(['create', 'update', 'delete', 'upload', 'abort'] as const),
  ...(['accept', 'reject', 'dismiss', 'preauthorize', 'revoke', 'decommission'] as const),
] as const
export type EventAction = (typeof ACTIONS)[number]

/** One thing that happened, as the audit log shows it. */
export const Event = Type.Object({
  actor: Type.Object({
    id: Type.String(),
    type: Type.Enum(['user', 'device', 'system']),
    email: Type.Optional(Type.String()),
  }),
  action: Type.String({ description: `One of ${ACTIONS.join(', ')}` }),
  object: Type.Object(
    { id: Type.String(), type: Type.Enum([...OBJECT_TYPES]) },
    { additionalProperties: true, description: 'What it was done to; the member called as its type says more' },
  ),
  change: Type.Optional(Type.String()),
})
export type Event = Omit<Static<typeof Event>, 'object'> & {
  object: Static<typeof Event>['object'] & { [about: string]: unknown }
}

/** An object as events name it; `details` become the member that is named after its type. */
export const eventObject = (type: ObjectType, id: string, details?: object): Event['object'] => ({
  ...{ id, type },
  ...(details && { [type]: details }),
})

export const PastEvent = Type.Object({ ...Event.properties, time: Type.String({ format: 'date-time' }) })
export type PastEvent = Event & { time: string }
