import { expect, test } from 'vitest'
import { accountIn, emailToLink, isIncomplete, requireRole, requireUsableEmail } from '../src/auth/account.ts'
import { requireLogoutToken } from '../src/auth/logout-token.ts'
import { type ProviderRules, requireIssuer, rulesIn } from '../src/auth/provider.ts'

const rules = (changed: Partial<ProviderRules> = {}): ProviderRules =>
  rulesIn({ name: 'x', issuer: 'https://x.example', client_id: 'x', ...changed })

const rolesOf = (claims: object, changed: Partial<ProviderRules>) =>
  accountIn({ sub: 'x', ...claims }, 'https://x.example', rules(changed)).roles

const role_mappings = [
  { value: 'a', roles: ['A', 'B'] },
  { value: 'b', roles: ['B', 'C'] },
  { value: '7', roles: ['seven'] },
]

test('roles are those of all values of the claim, or else the default ones', () => {
  const mapped = { roles_claim: 'groups', role_mappings, default_roles: ['D'] }
  expect(rolesOf({ groups: ['a', 'b', 'c'] }, mapped)).toEqual(['A', 'B', 'C'])
  expect(rolesOf({ groups: 'b' }, mapped)).toEqual(['B', 'C'])
  expect(rolesOf({ groups: 7 }, mapped)).toEqual(['seven'])
  expect(rolesOf({ groups: 'a b' }, mapped)).toEqual(['D'])
  for (const groups of [undefined, null, [], {}, ['A'], [[]]]) expect(rolesOf({ groups }, mapped)).toEqual(['D'])
  expect(rolesOf({ groups: ['a'] }, { role_mappings })).toBeUndefined()
})

test('a claim is found by its whole name, or within others by their names', () => {
  const of = (roles_claim: string, claims: object) => rolesOf(claims, { roles_claim, role_mappings })
  expect(of('realm_access.roles', { realm_access: { roles: ['a'] } })).toEqual(['A', 'B'])
  expect(of('https://x.example/roles', { 'https://x.example/roles': ['a'] })).toEqual(['A', 'B'])
  expect(of('a.b', { 'a.b': 'a', a: { b: 'b' } })).toEqual(['A', 'B'])
  for (const name of ['constructor', '__proto__', 'a.constructor.name', 'a.length'])
    expect(of(name, { a: 'a' })).toEqual([])
})

test('an address is usable if it is one, and of an allowed domain and verified if there are any', () => {
  const account = (claims: object) => accountIn({ sub: 'x', ...claims }, 'https://x.example', rules())
  const usable = (claims: object, email_domains: string[]) => () =>
    requireUsableEmail(account(claims), rules({ email_domains }))
  expect(usable({ email: 'A@X.example' }, [])()).toBe('A@X.example')
  expect(usable({ email: 'a@X.example', email_verified: 'true' }, ['x.EXAMPLE.'])()).toBe('a@X.example')
  for (const email of ['a@sub.x.example', 'a@y.example'])
    expect(usable({ email, email_verified: true }, ['x.example'])).toThrow(`${email} cannot be used: its domain`)
  const twice = { email: 'a@x.example@y.example', email_verified: true }
  expect(usable(twice, ['x.example'])).toThrow('no e-mail address of the account x.')
  expect(usable({ email: 'a@x.example' }, ['x.example'])).toThrow('does not say that it is verified')
  expect(usable({ email: 5 }, [])).toThrow('no e-mail address of the account x.')
})

test('an account without a role is named for the log, with what the claim has', () => {
  const refusal = (claims: object, changed: Partial<ProviderRules>) => () =>
    requireRole([], accountIn({ sub: 'x', ...claims }, 'https://x.example', rules(changed)), rules(changed))
  const mapped = { roles_claim: 'groups', role_mappings }
  expect(refusal({ email: 'a@x.example', groups: ['/a', 'c'] }, mapped)).toThrow(
    'The account a@x.example gets no role: no value of the claim groups is mapped to a role that exists: /a, c.',
  )
  for (const claims of [{}, { groups: [] }])
    expect(refusal(claims, mapped)).toThrow('The account x gets no role: the claim groups is absent or has no value')
  expect(refusal({ groups: ['a'] }, {})).toThrow('there are no default roles')
  expect(refusal({ groups: 'g'.repeat(10_000) }, mapped)).toThrow(/: g{500}\.$/)
})

test('only a verified address links, and only if that is allowed', () => {
  const link = (claims: object, changed: Partial<ProviderRules>) =>
    emailToLink(accountIn({ sub: 'x', ...claims }, 'https://x.example', rules(changed)), rules(changed))
  const verified = { email: 'A@x.example', email_verified: true }
  expect(link(verified, { link_users: true })).toBe('a@x.example')
  expect(link(verified, {})).toBeUndefined()
  for (const email_verified of [false, undefined, 'false', 1, 'yes'])
    expect(link({ ...verified, email_verified }, { link_users: true })).toBeUndefined()
})

test('the userinfo endpoint is asked for what the ID token does not say', () => {
  const complete = { email: 'a@x.example', email_verified: false, groups: [] }
  expect(isIncomplete(complete, rules({ roles_claim: 'groups' }))).toBe(false)
  expect(isIncomplete(complete, rules({ roles_claim: 'roles' }))).toBe(true)
  expect(isIncomplete({ email: 'a@x.example' }, rules())).toBe(true)
})

test('an issuer has one form, and http is for this machine only', () => {
  const of = (issuer: string) => requireIssuer(issuer, () => true)
  expect(of('https://X.example/')).toBe('https://x.example')
  expect(of('https://x.example:443/Realm/')).toBe('https://x.example/Realm/')
  for (const local of ['http://localhost:1/x', 'http://127.0.0.5', 'http://[::1]:8080']) expect(of(local)).toBe(local)
  for (const wrong of ['http://localhost.evil.example', 'http://127.0.0.1.evil.example', 'http://10.0.0.1', 'ftp://x'])
    expect(() => of(wrong)).toThrow('https://')
})

test('a logout token names a session or a subject', () => {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  expect(requireLogoutToken({ jti: 'j', sub: 's', events })).toEqual({ jti: 'j', sub: 's', sid: undefined })
  for (const wrong of [
    { sub: '' },
    { sid: 5 },
    { sub: 's', jti: '' },
    { sub: 's', events: [] },
    { sub: 's', nonce: '' },
  ])
    expect(() => requireLogoutToken({ jti: 'j', events, ...wrong })).toThrow('The logout token is not valid')
})
