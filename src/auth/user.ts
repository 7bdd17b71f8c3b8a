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

const MAX_EMAIL_LENGTH = 254

/** Returns the address as it is stored. */
export function requireEmail(address: string): string {
  const email = address.toLowerCase()
  if (email.length > MAX_EMAIL_LENGTH || !/^[^\s@]+@[^\s@]+$/.test(email))
    throw invalidField('email', 'must be a valid email address')
  return email
}

const MIN_PASSWORD_LENGTH = 8
const MAX_PASSWORD_LENGTH = 1024

/** Rejects a password that is too short or too long, or contains the e-mail address. */
export function requireGoodPassword(password: string, email: string): void {
  if (password.length < MIN_PASSWORD_LENGTH) throw weakPassword('password: must be minimum 8 characters long')
  if (password.length > MAX_PASSWORD_LENGTH) throw weakPassword('password: must be maximum 1024 characters long')
  if (password.toLowerCase().includes(email.toLowerCase())) throw weakPassword('password is too similar to the email')
}
