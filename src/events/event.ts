import { type Static, Type } from 'typebox'

/** Mender's types, then those of Muster; an event with a plural concerns several objects. */
export const OBJECT_TYPES = [
  ...(['user', 'deployment', 'device', 'artifact', 'tenant'] as const),
  ...(['devices', 'group', 'filter', 'release', 'releases', 'role', 'token', 'settings', 'integration'] as const),
  ...(['sign_in_provider'] as const),
] as const
export type ObjectType = (typeof OBJECT_TYPES)[number]

export const ACTIONS = [
  ...(['create', 'update', 'delete', 'upload', 'abort'] as const),
  ...(['accept', 'reject', 'dismiss', 'preauthorize', 'revoke', 'decommission'] as const),
  ...(['pin', 'unpin', 'continue', 'login', 'set_configuration', 'deploy_configuration'] as const),
  ...(['pause', 'resume', 'approve', 'open', 'verdict', 'rollback', 'trip'] as const),
] as const
export type EventAction = (typeof ACTIONS)[number]

/** An event of the audit log. */
export const Event = Type.Object({
  actor: Type.Object(
    {
      id: Type.String({ description: 'ID of the user' }),
      type: Type.Enum(['user', 'device', 'system'], { description: 'Kind of the actor' }),
      email: Type.Optional(Type.String({ description: 'E-mail address of the user' })),
    },
    { description: 'Who made the change' },
  ),
  action: Type.String({ description: `One of ${ACTIONS.join(', ')}` }),
  object: Type.Object(
    {
      id: Type.String({ description: 'ID or name of the object' }),
      type: Type.Enum([...OBJECT_TYPES], { description: 'Kind of the object; a plural: several at once' }),
    },
    { additionalProperties: true, description: 'What was changed; the member with the name of the type describes it' },
  ),
  change: Type.Optional(Type.String({ description: 'The change, one line per difference' })),
})
export type Event = Omit<Static<typeof Event>, 'object'> & {
  object: Static<typeof Event>['object'] & { [about: string]: unknown }
}

/** The object of an event. Its details are in the member that has the name of its type. */
export const eventObject = (type: ObjectType, id: string, details?: object): Event['object'] => ({
  ...{ id, type },
  ...(details && { [type]: details }),
})

export const PastEvent = Type.Object(
  { ...Event.properties, time: Type.String({ format: 'date-time', description: 'Time of the change' }) },
  { title: 'AuditEvent', description: 'A change and who made it' },
)
export type PastEvent = Event & { time: string }
