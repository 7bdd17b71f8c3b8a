import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import { isMail, MAX_RECIPIENTS, MAX_URL_LENGTH } from './target.ts'
import { DEFAULT_MAIL_EVENTS, EVENT_TYPES, type EventType, MAIL_EVENTS } from './webhook-event.ts'

/** How many integrations a tenant may have. */
export const MAX_INTEGRATIONS = 10
/** Mender's text in place of a secret, which is never returned. */
const OMITTED = '<omitted>'

/** How events are written: `json` as described in docs/webhooks.md, `slack` and `email` for people. */
const FORMATS = ['json', 'slack', 'email'] as const
export type Format = (typeof FORMATS)[number]

const CredentialsType = Type.Enum(['http'], { description: 'Kind of the credentials' })
const Url = Type.String({
  description:
    `Where events are sent, up to ${MAX_URL_LENGTH} characters; \`mailto:\` with up to ${MAX_RECIPIENTS} ` +
    'addresses, with commas between them, for e-mails',
})

export const NewCredentials = Type.Object(
  {
    type: CredentialsType,
    http: Type.Object(
      {
        url: Url,
        secret: Type.Optional(
          Type.String({
            pattern: '^([0-9a-fA-F]{2}){0,32}$',
            description: 'Key of the signatures, in hexadecimal, up to 32 bytes; without one nothing is signed',
          }),
        ),
      },
      { description: 'Target of a webhook' },
    ),
  },
  { title: 'NewIntegrationCredentials', description: 'Where events are sent, and the key by which they are signed' },
)
export type NewCredentials = Static<typeof NewCredentials>

const Provider = Type.Enum(['webhook'], { description: 'Kind of the integration: `webhook` is the only one' })
const Description = Type.String({ maxLength: 1024, description: 'What it is for' })
const eventTypes = (description?: string) =>
  Type.Array(Type.Enum([...EVENT_TYPES]), { minItems: 1, ...(description ? { description } : {}) })
const FORMAT_MEANING =
  '`json`: the whole event; `slack`: a text, for incoming webhooks of Slack, Mattermost and Rocket.Chat; `email`: ' +
  'with a `mailto:` address, and only then'

export const NewIntegration = Type.Object(
  {
    ...{ provider: Provider, credentials: NewCredentials, description: Type.Optional(Description) },
    format: Type.Optional(Type.Enum([...FORMATS], { description: `${FORMAT_MEANING}; absent: \`json\`` })),
    events: Type.Optional(
      eventTypes(`Types of the events that are sent; absent: all, and by e-mail ${DEFAULT_MAIL_EVENTS.join(', ')}`),
    ),
    unique_url: Type.Optional(
      Type.Boolean({ description: 'Whether it is refused if another integration of the tenant has the URL' }),
    ),
  },
  { title: 'NewIntegration', description: 'An integration to create' },
)
export type NewIntegration = Static<typeof NewIntegration>

export const IntegrationChange = Type.Object(
  {
    description: Type.Optional(Description),
    format: Type.Optional(Type.Enum([...FORMATS], { description: `${FORMAT_MEANING}; absent: as before` })),
    events: Type.Optional(
      Type.Union([eventTypes(), Type.Null()], {
        description: 'Types of the events that are sent; null: as of a new integration; absent: as before',
      }),
    ),
  },
  { title: 'IntegrationChange', description: 'What to change of an integration' },
)
export type IntegrationChange = Static<typeof IntegrationChange>

export const Integration = Type.Object(
  {
    id: Type.String({ description: 'ID of the integration' }),
    provider: Provider,
    credentials: Type.Object(
      {
        type: CredentialsType,
        http: Type.Object(
          {
            url: Url,
            secret: Type.Optional(Type.String({ description: `\`${OMITTED}\`, if there is one` })),
          },
          { description: 'Target of a webhook' },
        ),
      },
      { description: 'Where events are sent' },
    ),
    description: Description,
    format: Type.Enum([...FORMATS], { description: FORMAT_MEANING }),
    events: Type.Optional(eventTypes('Types of the events that are sent; absent: all')),
    failing_since: Type.Optional(
      Type.String({ format: 'date-time', description: 'Since when attempts fail; absent: they do not' }),
    ),
  },
  { title: 'Integration', description: 'Another system that is sent what happens' },
)
export type Integration = Static<typeof Integration>

/** A row of `integrations`, as far as it is shown. */
export type IntegrationRow = {
  id: string
  description: string
  url: string
  has_secret: boolean
  format: Format
  events: EventType[] | null
  failing_since: string | null
}

export const toIntegration = ({ id, description, url, has_secret, ...row }: IntegrationRow): Integration => ({
  ...{ id, provider: 'webhook', description, format: row.format },
  credentials: { type: 'http', http: { url, ...(has_secret ? { secret: OMITTED } : {}) } },
  ...(row.events ? { events: row.events } : {}),
  ...(row.failing_since ? { failing_since: row.failing_since } : {}),
})

/** The format of what is sent to an address. */
export function requireFormat(url: string, format: Format = isMail(url) ? 'email' : 'json'): Format {
  if (isMail(url) !== (format === 'email'))
    throw invalidField('format', 'must be email for a mailto: address, and json or slack for all others')
  return format
}

/** The types of events that are sent, in the order of the documents, as they are stored. */
export function requireEvents(format: Format, events: readonly EventType[] | null | undefined): EventType[] | null {
  if (format === 'email' && !events) return [...DEFAULT_MAIL_EVENTS]
  if (!events) return null
  const wrong = format === 'email' ? events.find((type) => !MAIL_EVENTS.includes(type)) : undefined
  if (wrong)
    throw invalidField('events', `must not have ${wrong} for e-mails, which could be one for each device of a fleet`)
  return EVENT_TYPES.filter((type) => events.includes(type))
}
