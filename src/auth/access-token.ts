import { type Static, Type } from 'typebox'

const YEAR_S = 31_536_000

export const NewAccessToken = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256, description: 'Name, unique among the tokens of the user' }),
    expires_in: Type.Optional(
      Type.Integer({
        ...{ minimum: 0, maximum: YEAR_S },
        description: 'Lifetime in seconds; 0 or absent: the token never expires',
      }),
    ),
  },
  { title: 'NewAccessToken', description: 'A personal access token to create' },
)
export type NewAccessToken = Static<typeof NewAccessToken>

export const AccessToken = Type.Object(
  {
    id: Type.String({ description: 'ID of the token' }),
    name: Type.String({ description: 'Name of the token' }),
    created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
    expiration_date: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time at which it expires; absent: never' }),
    ),
    last_used: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of the last request with it; absent: none' }),
    ),
  },
  { title: 'AccessToken', description: 'A personal access token, without the token itself' },
)
export type AccessToken = Static<typeof AccessToken>
