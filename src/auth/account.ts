import { accountEmailUnusable, accountWithoutEmail, accountWithoutRole } from '../sign-in-errors.ts'
import { cut, isStorable } from '../text.ts'
import type { ProviderRules } from './provider.ts'

/** By how much the clock of a provider may differ from that of this server. */
export const CLOCK_TOLERANCE_S = 60

export type Claims = Readonly<Record<string, unknown>>

/** An account at a provider, as its claims describe it. */
export type Account = {
  issuer: string
  subject: string
  email: string | undefined
  is_verified: boolean
  /** undefined: the provider does not decide about roles */
  roles: string[] | undefined
  /** Of the claim that decides about roles. */
  role_values: string[]
}

/** For logs. */
const nameOf = ({ email, subject }: Account): string => email ?? subject

/** A claim by its name, or within others by their names with dots between them. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (within, part) => (isObject(within) && Object.hasOwn(within, part) ? within[part] : undefined),
      claims,
    )
}

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The values of a claim that is one, or a list. */
function valuesOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.flatMap(valuesOf)
  return ['string', 'number', 'boolean'].includes(typeof claim) ? [String(claim)] : []
}

/** Whether the userinfo endpoint may know what the ID token does not say. */
export const isIncomplete = (claims: Claims, { roles_claim }: ProviderRules): boolean =>
  typeof claims.email !== 'string' ||
  claims.email_verified === undefined ||
  (roles_claim !== undefined && claimAt(claims, roles_claim) === undefined)

export function accountIn(claims: Claims, issuer: string, rules: ProviderRules): Account {
  const { sub, email, email_verified } = claims
  const role_values = rules.roles_claim === undefined ? [] : valuesOf(claimAt(claims, rules.roles_claim))
  return {
    ...{ issuer, subject: String(sub), email: isAddress(email) ? email : undefined },
    // Some providers send the text.
    is_verified: email_verified === true || email_verified === 'true',
    ...{ roles: rolesFor(role_values, rules), role_values },
  }
}

const MAX_EMAIL_LENGTH = 254
const isAddress = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim.length <= MAX_EMAIL_LENGTH && /^[^\s@]+@[^\s@]+$/.test(claim) && isStorable(claim)

/** What is stored of an account is of bounded length: the subject is part of a key. */
export const isUsableName = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim !== '' && claim.length <= MAX_NAME_LENGTH && isStorable(claim)
const MAX_NAME_LENGTH = 512

function rolesFor(
  values: readonly string[],
  { roles_claim, role_mappings, default_roles }: ProviderRules,
): string[] | undefined {
  if (roles_claim === undefined) return undefined
  const mapped = role_mappings.filter(({ value }) => values.includes(value)).flatMap(({ roles }) => roles)
  return [...new Set(mapped.length > 0 ? mapped : default_roles)]
}

/** `roles`: those that the account gets, and that exist. */
export function requireRole(roles: readonly string[], account: Account, { roles_claim }: ProviderRules): void {
  if (roles.length > 0) return
  const values = cut(account.role_values.join(', '), MAX_LOGGED_VALUES)
  const of_claim = values
    ? `no value of the claim ${roles_claim} is mapped to a role that exists: ${values}`
    : `the claim ${roles_claim} is absent or has no value, in the ID token and at the userinfo endpoint`
  throw accountWithoutRole(nameOf(account), roles_claim === undefined ? 'there are no default roles' : of_claim)
}
const MAX_LOGGED_VALUES = 500

/** The address for which a user may be created. */
export function requireUsableEmail(account: Account, { email_domains }: ProviderRules): string {
  const { email, is_verified } = account
  if (email === undefined) throw accountWithoutEmail(nameOf(account))
  if (email_domains.length === 0) return email
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (!email_domains.includes(domain)) throw accountEmailUnusable(email, 'its domain is not among the e-mail domains')
  if (!is_verified) throw accountEmailUnusable(email, 'the sign-in provider does not say that it is verified')
  return email
}

/** The address of the user to whom the account belongs without being linked; undefined: it belongs to nobody so. */
export function emailToLink(account: Account, rules: ProviderRules): string | undefined {
  if (!rules.link_users || !account.is_verified || account.email === undefined) return undefined
  return requireUsableEmail(account, rules).toLowerCase()
}
