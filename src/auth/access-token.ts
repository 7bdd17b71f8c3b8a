import { type Static, Type } from 'typebox'

const YEAR_S = 31_536_000

export const NewAccessToken = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 256 }),
  expires_in: Type.Optional(
    Type.Integer({ minimum: 0, maximum: YEAR_S, description: 'Seconds; 0 or absent: it never expires' }),
  ),
})
export type NewAccessToken = Static<typeof NewAccessToken>

const Time = Type.String({ format: 'date-time' })

export const AccessToken = Type.Object({
  id: Type.String(),
  name: Type.String(),
  created_ts: Time,
  expiration_date: Type.Optional(Time),
  last_used: Type.Optional(Time),
})
export type AccessToken = Static<typeof AccessToken>
