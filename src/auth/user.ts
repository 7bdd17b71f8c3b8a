import { type Static, Type } from 'typebox'
import { invalidField, weakPassword } from '../errors.ts'

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

export const NewUser = Type.Object({
  email: Type.String(),
  password: Type.String(),
  roles: Type.Optional(Type.Array(Type.String(), { description: 'RBAC_ROLE_PERMIT_ALL where none is named' })),
})
export type NewUser = Static<typeof NewUser>

export const UserChange = Type.Object({
  email: Type.Optional(Type.String()),
  password: Type.Optional(Type.String({ description: 'Only for oneself, with current_password' })),
  current_password: Type.Optional(Type.String()),
  roles: Type.Optional(Type.Array(Type.String(), { description: 'One at least' })),
})
export type UserChange = Static<typeof UserChange>

export const OwnChange = Type.Object({
  password: Type.Optional(Type.String({ description: 'With current_password' })),
  current_password: Type.Optional(Type.String()),
})

const LONGEST_EMAIL = 254

/** Answers the address as it is stored. */
export function requireEmail(given: string): string {
  const email = given.toLowerCase()
  if (email.length > LONGEST_EMAIL || !/^[^\s@]+@[^\s@]+$/.test(email))
    throw invalidField('email', 'must be a valid email address')
  return email
}

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1024

/** Refuses a password that is too short or is the e-mail address over again. */
export function requireGoodPassword(password: string, email: string): void {
  if (password.length < SHORTEST_PASSWORD) throw weakPassword('password: must be minimum 8 characters long')
  if (password.length > LONGEST_PASSWORD) throw weakPassword('password: must be maximum 1024 characters long')
  if (password.toLowerCase().includes(email.toLowerCase())) throw weakPassword('password is too similar to the email')
}
