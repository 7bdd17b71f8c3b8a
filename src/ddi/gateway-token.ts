import { type Static, Type } from 'typebox'
import { GivenToken, Token } from './token.ts'

/** How many gateway tokens a tenant may have. */
export const MAX_GATEWAY_TOKENS = 20

const Name = Type.String({ minLength: 1, maxLength: 128, description: 'Name, unique among the gateway tokens' })

export const NewGatewayToken = Type.Object(
  { name: Name, token: GivenToken },
  { title: 'NewGatewayToken', description: 'A gateway token to create' },
)
export type NewGatewayToken = Static<typeof NewGatewayToken>

export const GatewayToken = Type.Object(
  {
    id: Type.String({ description: 'ID of the gateway token' }),
    name: Name,
    created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
  },
  { title: 'GatewayToken', description: 'A gateway token, without the token itself' },
)
export type GatewayToken = Static<typeof GatewayToken>

export const CreatedGatewayToken = Type.Object(
  { ...GatewayToken.properties, token: Token },
  { title: 'CreatedGatewayToken', description: 'A gateway token, with the token itself' },
)
export type CreatedGatewayToken = Static<typeof CreatedGatewayToken>
