import { expect, test } from 'vitest'
import { useCli } from './support/cli.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { startForgedProvider } from './support/forged-provider.ts'
import { ALLOWS_LOOPBACK } from './support/sign-in.ts'
import { addUser } from './support/users.ts'

const server = useServer(ALLOWS_LOOPBACK)
const tenant = useTenant(server)
const { run: muster, succeed } = useCli(server, tenant)

test('sign-in providers are created, shown, changed, checked and deleted', async () => {
  await using provider = await startForgedProvider()
  const create = ['sign-in-providers', 'create', 'Company', '--id', 'company', '--issuer', provider.issuer]
  const rules = ['--client-id', 'muster', '--client-secret', '-', '--create-users', 'yes', '--roles-claim', 'groups']
  const mapped = ['--map', 'a=b=RBAC_ROLE_CI', '--map', 'a=b=RBAC_ROLE_OBSERVER', '--email-domain', 'x.example']
  const { code, stdout, stderr } = await muster([...create, ...rules, ...mapped], 'a secret\n')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^ID +company\nName +Company\nEnabled +yes\n/)
  expect(stdout).toMatch(/\nClient secret +set\n/)
  expect(stdout).toMatch(/\nRole mappings +a=b = RBAC_ROLE_CI, RBAC_ROLE_OBSERVER\n/)
  const path = `/api/management/v1/useradm/auth/providers/${tenant.tenant_id}/company/callback`
  expect(stdout).toContain(`Redirect URI              ${server.url}${path}\n`)
  expect(await succeed('sign-in-providers', 'list')).toMatch(new RegExp(`company +Company +yes +${provider.issuer}\n`))
  const change = ['--name', 'New name', '--roles-claim', '', '--map', '', '--default-role', 'RBAC_ROLE_CI']
  await succeed('sign-in-providers', 'change', 'company', ...change, '--session-hours', '8', '--enabled', 'no')
  expect(JSON.parse(await succeed('sign-in-providers', 'show', 'company', '--json'))).toMatchObject({
    ...{ name: 'New name', role_mappings: [], default_roles: ['RBAC_ROLE_CI'], session_hours: 8, enabled: false },
    ...{ has_client_secret: true, email_domains: ['x.example'], create_users: true },
  })
  const check = ['sign-in-providers', 'check', 'company']
  expect(await succeed(...check)).toMatch(/^Provider +responds as it should\nEnd of its session +not offered\n/)
  provider.metadata = { issuer: 'https://other.example' }
  await succeed('sign-in-providers', 'change', 'company', '--name', 'Company', '--enabled', 'yes')
  expect(await muster(check)).toMatchObject({
    ...{ code: 1, stdout: expect.stringMatching(/^Provider +cannot be used\nProblem +The sign-in provider cannot/) },
  })
  expect(await succeed('sign-in-providers', 'delete', 'company')).toBe('company deleted\n')
  expect(await succeed('sign-in-providers', 'list')).toBe('There are no sign-in providers.\n')
  expect(await muster(['sign-in-providers', 'show', 'company'])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('Run "muster sign-in-providers list" to see the IDs.') },
  })
})

test('wrong options are usage errors', async () => {
  const create = ['sign-in-providers', 'create', 'x', '--issuer', 'https://x.example', '--client-id', 'x']
  for (const [wrong, sentence] of [
    [['--map', 'admins'], '--map must be VALUE=ROLE'],
    [['--create-users', 'maybe'], '--create-users must be yes or no'],
    [['--session-hours', 'x'], '--session-hours must be a whole number'],
  ] as const)
    expect(await muster([...create, ...wrong])).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) })
  expect((await muster(['sign-in-providers', 'change', 'x'])).stderr).toContain('Give an option')
  expect((await muster(create.slice(0, 3))).stderr).toContain('--issuer is required')
})

test('passwords are switched off and on, and "muster login" says what to do instead', async () => {
  const create = ['sign-in-providers', 'create', 'x', '--issuer', 'https://x.example', '--client-id', 'x']
  await succeed(...create, '--id', 'x')
  const passwords = ['sign-in-providers', 'passwords']
  expect(await succeed(...passwords)).toBe('Passwords  every user\n')
  expect(await succeed(...passwords, '--only', tenant.email)).toBe(`Passwords  only ${tenant.email}\n`)
  const { email, password } = await addUser(server, tenant)
  const login = await muster(['login', '--email', email, '--password', '-'], `${password}\n`, { MUSTER_TOKEN: '' })
  expect(login).toMatchObject({ code: 1, stderr: expect.stringContaining('and set MUSTER_TOKEN') })
  expect((await muster([...passwords, '--only', 'nobody@example.com'])).stderr).toContain('There is no user nobody@')
  expect((await muster([...passwords, '--only', email, '--everyone'])).code).toBe(2)
  expect(await succeed(...passwords, '--everyone')).toBe('Passwords  every user\n')
})
