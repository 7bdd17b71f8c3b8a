import { type Static, Type } from 'typebox'

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

const optional = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))

export const Delivery = Type.Object(
  {
    event_id: Type.String({ description: 'ID of the event' }),
    type: Type.String({ description: 'What happened' }),
    time: Type.String({ format: 'date-time', description: 'When it happened' }),
    data: Type.Object({}, { additionalProperties: true, description: 'To what it happened, by type' }),
    state: Type.Unsafe<DeliveryState>({
      ...{ type: 'string', enum: DELIVERY_STATES },
      description:
        '`pending`: it is to be sent, also after attempts that failed; `delivered`: the target has accepted it; `failed`: it was given up',
    }),
    attempts: Type.Integer({ description: 'How often it was sent' }),
    last_attempt: optional('When it was sent last'),
    next_attempt: optional('If it is pending: when it is sent, or an event of the same deployment or device before it'),
    status_code: Type.Optional(Type.Integer({ description: 'HTTP status of the last response' })),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
    response: Type.Optional(Type.String({ description: 'The beginning of the body of the last response' })),
    took_ms: Type.Optional(Type.Integer({ description: 'How long the last attempt took, in milliseconds' })),
  },
  { title: 'WebhookDelivery', description: 'An event that is sent to an integration, and how that ended' },
)
export type Delivery = Static<typeof Delivery>
