import { type Static, Type } from 'typebox'

export const OBJECT_TYPES = ['user', 'deployment', 'device', 'artifact'] as const

/** One thing that happened, as the audit log shows it. */
export const Event = Type.Object({
  actor: Type.Object({
    id: Type.String(),
    type: Type.Enum(['user', 'device', 'system']),
    email: Type.Optional(Type.String()),
  }),
  action: Type.String({ description: 'create, update, delete, upload, abort, reject or decommission' }),
  object: Type.Object(
    { id: Type.String(), type: Type.Enum([...OBJECT_TYPES]) },
    { additionalProperties: true, description: 'What it was done to; the member called as its type says more' },
  ),
  change: Type.Optional(Type.String()),
})
export type Event = Omit<Static<typeof Event>, 'object'> & {
  object: Static<typeof Event>['object'] & { [about: string]: unknown }
}

export const PastEvent = Type.Object({ ...Event.properties, time: Type.String({ format: 'date-time' }) })
export type PastEvent = Event & { time: string }
