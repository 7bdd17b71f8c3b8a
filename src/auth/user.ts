import { type Static, Type } from 'typebox'
import { unprocessable } from '../errors.ts'

export const User = Type.Object({
  id: Type.String(),
  email: Type.String(),
  created_ts: Type.String({ format: 'date-time' }),
  updated_ts: Type.String({ format: 'date-time' }),
  login_ts: Type.Optional(Type.String({ format: 'date-time' })),
  roles: Type.Array(Type.String()),
  tfa_status: Type.Union([Type.Literal('enabled'), Type.Literal('disabled'), Type.Literal('unverified')]),
  verified: Type.Boolean(),
  tenants: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
})
export type User = Static<typeof User>

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1024

/** Refuses a password that is too short or is the e-mail address over again. */
export function requireGoodPassword(password: string, email: string): void {
  if (password.length < SHORTEST_PASSWORD) throw unprocessable('password: must be minimum 8 characters long')
  if (password.length > LONGEST_PASSWORD) throw unprocessable('password: must be maximum 1024 characters long')
  if (password.toLowerCase().includes(email.toLowerCase())) throw unprocessable('password is too similar to the email')
}
