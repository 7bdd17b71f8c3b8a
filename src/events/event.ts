import { type Static, Type } from 'typebox'

/** Mender's types, then those of Muster; an event with a plural concerns several objects. */
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

/** An event of the audit log. */
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

/** The object of an event. Its details are in the member that has the name of its type. */
export const eventObject = (type: ObjectType, id: string, details?: object): Event['object'] => ({
  ...{ id, type },
  ...(details && { [type]: details }),
})

export const PastEvent = Type.Object({ ...Event.properties, time: Type.String({ format: 'date-time' }) })
export type PastEvent = Event & { time: string }
