import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import { type AddressRule, addressIn } from '../outgoing/address-rules.ts'

/** How many integrations a tenant may have. */
export const MAX_INTEGRATIONS = 10
const MAX_URL_LENGTH = 2048
/** Mender's text in place of a secret, which is never returned. */
const OMITTED = '<omitted>'

const CredentialsType = Type.Enum(['http'], { description: 'Kind of the credentials' })
const Url = Type.String({ description: `Where events are sent, up to ${MAX_URL_LENGTH} characters` })

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

export const NewIntegration = Type.Object(
  { provider: Provider, credentials: NewCredentials, description: Type.Optional(Description) },
  { title: 'NewIntegration', description: 'An integration to create' },
)
export type NewIntegration = Static<typeof NewIntegration>

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
  },
  { title: 'Integration', description: 'Another system that is sent what happens' },
)
export type Integration = Static<typeof Integration>

/** A row of `integrations`, as far as it is shown. */
export type IntegrationRow = { id: string; description: string; url: string; has_secret: boolean }

export const toIntegration = ({ id, description, url, has_secret }: IntegrationRow): Integration => ({
  ...{ id, provider: 'webhook', description },
  credentials: { type: 'http', http: { url, ...(has_secret ? { secret: OMITTED } : {}) } },
})

/** For the audit log: addresses of webhooks often contain a password, but not in this part. */
export const originOf = (url: string): string => new URL(url).origin

/** Refuses an address to which nothing would ever be sent. Where a name leads is checked with each connection. */
export function requireTarget({ http: { url } }: NewCredentials, isAllowed: AddressRule, path = 'credentials.'): void {
  const problem = problemOf(url, isAllowed)
  if (problem) throw invalidField(`${path}http.url`, problem)
}

function problemOf(url: string, isAllowed: AddressRule): string | undefined {
  if (url.length > MAX_URL_LENGTH) return `is longer than ${MAX_URL_LENGTH} characters`
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(url) || !URL.canParse(url)) return 'must be a URL with http:// or https://'
  const { username, password, hash } = new URL(url)
  if (username || password || hash) return 'must have no user name, password or fragment'
  const address = addressIn(url)
  if (address !== undefined && !isAllowed(address))
    return 'must be public: private, loopback and other special addresses are allowed by MUSTER_WEBHOOK_ALLOW only'
  return undefined
}
