import { type Static, Type } from 'typebox'
import { invalidField, weakPassword } from '../errors.ts'

export const TenantOfUser = Type.Object(
  {
    id: Type.String({ description: 'ID of the tenant' }),
    name: Type.String({ description: 'Name of the tenant' }),
  },
  { title: 'TenantOfUser', description: 'The tenant of a user' },
)

export const User = Type.Object(
  {
    id: Type.String({ description: 'ID of the user' }),
    email: Type.String({ description: 'E-mail address' }),
    created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
    updated_ts: Type.String({ format: 'date-time', description: 'Time of the last change' }),
    login_ts: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of the last login; absent: there was none' }),
    ),
    roles: Type.Array(Type.String(), { description: 'Names of the roles' }),
    tfa_status: Type.Union([Type.Literal('enabled'), Type.Literal('disabled'), Type.Literal('unverified')], {
      description: 'Two-factor authentication; `unverified`: enabled as soon as a code is verified',
    }),
    verified: Type.Boolean({
      description: 'Whether the user has confirmed the e-mail address; true if the server sends no e-mail',
    }),
    has_password: Type.Boolean({ description: 'False: the user signs in by the account of a provider only' }),
    tenants: Type.Array(TenantOfUser, { description: 'The one tenant of the user' }),
  },
  { title: 'User', description: 'A person or program that uses the management API' },
)
export type User = Static<typeof User>

export const NewUser = Type.Object(
  {
    email: Type.String({ description: 'E-mail address, unique on this server' }),
    password: Type.String({ description: 'Password of 8 to 1024 characters, without the e-mail address' }),
    roles: Type.Optional(Type.Array(Type.String(), { description: 'Names of the roles; none: RBAC_ROLE_PERMIT_ALL' })),
  },
  { title: 'NewUser', description: 'A user to create' },
)
export type NewUser = Static<typeof NewUser>

export const UserChange = Type.Object(
  {
    email: Type.Optional(Type.String({ description: 'New e-mail address; absent: as before' })),
    password: Type.Optional(
      Type.String({
        description: 'New password, only of your own user and with `current_password`; absent: as before',
      }),
    ),
    current_password: Type.Optional(Type.String({ description: 'The present password' })),
    roles: Type.Optional(
      Type.Array(Type.String(), { description: 'Names of the new roles, at least one; absent: as before' }),
    ),
  },
  { title: 'UserChange', description: 'What to change of a user' },
)
export type UserChange = Static<typeof UserChange>

export const OwnChange = Type.Object(
  {
    password: Type.Optional(Type.String({ description: 'New password, with `current_password`; absent: as before' })),
    current_password: Type.Optional(Type.String({ description: 'The present password' })),
  },
  { title: 'PasswordChange', description: 'A new password' },
)

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
