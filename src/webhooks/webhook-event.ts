import { type Static, Type } from 'typebox'

const DEVICE_EVENTS = ['device-provisioned', 'device-decommissioned', 'device-status-changed'] as const
const DEPLOYMENT_EVENTS = [
  ...(['deployment-created', 'deployment-phase-opened', 'deployment-gate-waiting', 'deployment-tripped'] as const),
  ...(['deployment-paused', 'deployment-resumed', 'deployment-rolled-back', 'deployment-finished'] as const),
  'deployment-device-failed',
] as const
export const EVENT_TYPES = [...DEVICE_EVENTS, ...DEPLOYMENT_EVENTS]
export type EventType = (typeof EVENT_TYPES)[number]
export type DeploymentEventType = (typeof DEPLOYMENT_EVENTS)[number]

/** What e-mails can be about: each device of a fleet may have events of the other types. */
export const MAIL_EVENTS: readonly EventType[] = DEPLOYMENT_EVENTS.filter((type) => type !== 'deployment-device-failed')
/** What e-mails are about unless their integration says otherwise: what somebody has to decide, and how it ended. */
export const DEFAULT_MAIL_EVENTS: readonly EventType[] = [
  ...(['deployment-gate-waiting', 'deployment-tripped', 'deployment-paused'] as const),
  ...(['deployment-rolled-back', 'deployment-finished'] as const),
]

/** Raised if a member changes its meaning or goes away; new members and types leave it as it is. */
const VERSION = 1

/** What an event is about: the events of one subject are sent in their order. */
type Subject = `device:${string}` | `deployment:${string}`

/** Something that happened, to be sent. */
export type Announcement = { subject: Subject; type: EventType; at: string; data: object }

const Members = {
  id: Type.String({ description: 'ID of the event, the same however often it is sent' }),
  type: Type.String({ description: `What happened. One of ${EVENT_TYPES.join(', ')}` }),
  time: Type.String({
    format: 'date-time',
    description: 'When it happened; of one device or deployment the times of its events are strictly increasing',
  }),
  data: Type.Object({}, { additionalProperties: true, description: 'To what it happened, by type' }),
}

export const WebhookEvent = Type.Object(
  {
    ...Members,
    delivery_statuses: Type.Array(
      Type.Object({
        integration_id: Type.String({ description: 'ID of the integration' }),
        success: Type.Boolean({ description: 'Whether the target has accepted the event' }),
        status_code: Type.Optional(Type.Integer({ description: 'HTTP status of the last response' })),
        error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
      }),
      { description: 'How the last attempts ended, by integration; without those that have not been attempted' },
    ),
  },
  { title: 'WebhookEvent', description: 'An event that is sent to integrations' },
)
export type WebhookEvent = Static<typeof WebhookEvent>

export type StoredEvent = { id: string; type: string; time: string; data: object }

/** The body of the request to an integration. */
export const bodyOf = ({ id, type, time, data }: StoredEvent): string =>
  JSON.stringify({ id, type, time, version: VERSION, data })
