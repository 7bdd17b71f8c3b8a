import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, signIn, useBrowser } from '../support/browser.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { CLIENT_SECRET, type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts'
import { ALLOWS_LOOPBACK, addProvider, clientFor, PROVIDERS, providerOf, SIGN_IN_SETTINGS } from '../support/sign-in.ts'
import { idOf, USERADM } from '../support/users.ts'

const server = useServer(ALLOWS_LOOPBACK)

describe.skipIf(!HAS_BROWSER)("signing in with the company's account", () => {
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let oidc: OpenIdProvider
  beforeAll(async () => {
    oidc = await startOpenIdProvider({ clients: [clientFor(server, tenant)] })
    oidc.accounts.ada = { email: 'ada@company.example', email_verified: true }
    oidc.accounts.eve = { email: 'eve@company.example', email_verified: true }
    await addProvider(tenant, oidc.issuer)
  })
  beforeEach(() => browser.context.clearCookies())
  afterAll(() => oidc?.[Symbol.asyncDispose]())

  const atTenant = (path = '/') => `${path}?tenant=${tenant.tenant_id}`
  const signInAs = async (account: string) => {
    const { page } = browser
    await page.getByRole('button', { name: 'Sign in with Company' }).click()
    await page.getByLabel('Account').fill(account)
    await page.getByRole('button', { name: 'Continue' }).click()
  }
  const signedIn = (email: string) => browser.page.getByRole('button', { name: `Account of ${email}` }).waitFor()
  const signOut = async (email: string) => {
    await browser.page.getByRole('button', { name: `Account of ${email}` }).click()
    await browser.page.getByRole('menuitem', { name: 'Sign out' }).click()
  }

  test('there is a button on the sign-in page of the tenant, which the browser remembers', async () => {
    const { page } = browser
    await page.goto('/')
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
    await page.getByLabel('E-mail address').waitFor()
    expect(await page.getByRole('button', { name: 'Sign in with Company' }).count()).toBe(0)
    await page.goto(atTenant())
    await page.getByRole('button', { name: 'Sign in with Company' }).waitFor()
    expect(page.url()).toBe(`${server.url}/`)
    await page.goto('/devices')
    await page.getByRole('button', { name: 'Sign in with Company' }).waitFor()
    await expectGoodLooks(page, 'sign-in-provider')
  })

  test('a user signs in, comes back to the same page, and stays signed in after a reload', async () => {
    const { page } = browser
    await page.goto('/settings/account')
    await signInAs('ada')
    await signedIn('ada@company.example')
    expect(new URL(page.url()).pathname).toBe('/settings/account')
    await page.getByText('You have none: you sign in with your company').waitFor()
    expect(await page.getByRole('heading', { name: 'Two-factor authentication' }).count()).toBe(0)
    expect(await page.evaluate('document.cookie')).not.toContain('muster')
    await page.reload()
    await signedIn('ada@company.example')
    await expectAccessible(page)
  })

  test('signing out signs out of the provider, too, if the user wants', async () => {
    const { page } = browser
    await page.goto('/')
    await signInAs('ada')
    await signedIn('ada@company.example')
    await signOut('ada@company.example')
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.getByRole('button', { name: 'Sign in with Company' }).waitFor()
    expect(page.url()).toBe(`${server.url}/`)
    // Another one can sign in: the provider asks again.
    await signInAs('eve')
    await signedIn('eve@company.example')
  })

  test('whose session ends at the provider is asked to sign in again', async () => {
    const { page, context } = browser
    await page.goto('/settings/account')
    await signInAs('ada')
    await signedIn('ada@company.example')
    const other = await context.newPage()
    await other.goto(`${oidc.issuer}/session/end`)
    await other.getByRole('button', { name: 'Yes, sign me out' }).click()
    await expect.poll(() => oidc.logout_tokens.length).toBeGreaterThan(0)
    await other.close()
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    await page.getByRole('button', { name: 'Sign in with Company' }).waitFor()
  })

  test('what went wrong is said in words, and the address keeps none of it', async () => {
    const { page } = browser
    await page.goto('/releases')
    await page.getByRole('button', { name: 'Sign in with Company' }).click()
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('or you have canceled it').waitFor()
    expect(page.url()).toBe(`${server.url}/releases`)
    await expectAccessible(page)
    await tenant.api.put(`${PROVIDERS}/company`, providerOf(oidc.issuer, { default_roles: [] }))
    oidc.accounts.new = { email: 'new@company.example', email_verified: true }
    await signInAs('new')
    await page.getByRole('alert').getByText('Your account has no role here.').waitFor()
    oidc.is_up = false
    await tenant.api.put(`${PROVIDERS}/company`, providerOf(oidc.issuer))
    await page.getByRole('button', { name: 'Sign in with Company' }).click()
    await page.getByRole('alert').getByText('does not respond as it should').waitFor()
    oidc.is_up = true
    // The form for passwords is there all the time.
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await signedIn(tenant.email)
  })

  test('passwords can be switched off, and are then offered to the one user who has one', async () => {
    const { page } = browser
    const password_user_id = idOf(tenant.api)
    await tenant.api.put(SIGN_IN_SETTINGS, { password_sign_in: 'one_user', password_user_id })
    await page.goto('/')
    await page.getByRole('button', { name: 'Sign in with Company' }).waitFor()
    expect(await page.getByLabel('E-mail address').count()).toBe(0)
    await expectGoodLooks(page, 'sign-in-provider-only')
    await page.getByRole('button', { name: 'Use a password' }).click()
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await signedIn(tenant.email)
    await tenant.api.put(SIGN_IN_SETTINGS, { password_sign_in: 'everyone' })
  })
})

describe.skipIf(!HAS_BROWSER)('the settings of the sign-in', () => {
  const tenant = useTenant(server)
  const browser = useBrowser(server)

  test('a provider is added with the addresses to register, checked, edited and used', async () => {
    const { page } = browser
    await using oidc = await startOpenIdProvider({ clients: [clientFor(server, tenant, 'keycloak')] })
    oidc.accounts.ada = { email: 'ada@our.example', email_verified: true, groups: ['builders'] }
    await signIn(page, tenant, '/settings/sign-in')
    await page.getByText('No sign-in providers').waitFor()
    await expectGoodLooks(page, 'settings-sign-in-empty')
    await page.getByRole('button', { name: 'Add provider' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^ID/).fill('keycloak')
    const path = `${USERADM}/auth/providers/${tenant.tenant_id}/keycloak/callback`
    await dialog.getByText(`${server.url}${path}`).waitFor()
    await dialog.getByLabel(/^Name/).fill('Our company')
    await dialog.getByLabel(/^Issuer/).fill('http://login.example.com')
    await dialog.getByLabel(/^Client ID/).fill('muster')
    await dialog.getByLabel(/^Client secret/).fill(CLIENT_SECRET)
    await dialog.getByLabel(/^Claim/).fill('groups')
    await dialog.getByRole('button', { name: 'Add value' }).click()
    await dialog.getByLabel(/^Value 1/).fill('builders')
    await dialog.getByLabel(/^Roles for value 1/).click()
    await page.getByRole('option', { name: 'CI pipeline' }).click()
    await page.keyboard.press('Escape')
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Add provider' }).click()
    await dialog.getByText('Must begin with https://.').waitFor()
    await dialog.getByLabel(/^Issuer/).fill(oidc.issuer)
    await dialog.getByRole('button', { name: 'Add provider' }).click()
    await page.getByRole('heading', { name: 'Connect Our company' }).waitFor()
    await page.getByRole('button', { name: 'Check provider' }).click()
    await page.getByText('The provider responds as it should. It offers to end').waitFor()
    await expectGoodLooks(page, 'settings-sign-in')
    await page.getByRole('button', { name: 'Edit Our company' }).click()
    await dialog.getByLabel(/^Name/).fill('Company')
    await dialog.getByRole('button', { name: 'Save provider' }).click()
    await page.getByRole('heading', { name: 'Connect Company' }).waitFor()

    await browser.context.clearCookies()
    await page.goto(`/?tenant=${tenant.tenant_id}`)
    await page.getByRole('button', { name: 'Sign in with Company' }).click()
    await page.getByLabel('Account').fill('ada')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Account of ada@our.example' }).waitFor()
    const { body } = await tenant.api.get(`${USERADM}/users?email=ada@our.example`)
    expect(body[0]).toMatchObject({ roles: ['RBAC_ROLE_CI'], has_password: false })
  })

  test('passwords are switched off for all but one user, and the audit log has it in words', async () => {
    const { page } = browser
    await browser.context.clearCookies()
    await page.goto('/settings/sign-in')
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Passwords' }).waitFor()
    await page.getByLabel('One user only').check()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('The settings were saved.').waitFor()
    expect((await tenant.api.get(SIGN_IN_SETTINGS)).body).toEqual({
      ...{ password_sign_in: 'one_user', password_user_id: idOf(tenant.api) },
    })
    await page.goto('/settings/audit-log')
    await page.getByText('created the sign-in provider').waitFor()
    await page
      .getByText('The sign-in provider Our company')
      .or(page.getByText('The sign-in provider Company'))
      .first()
      .waitFor()
    await page.goto('/settings/users')
    await page.getByText('Company account').waitFor()
    await page.goto('/settings/sign-in')
    await page.getByLabel('Every user who has one').check()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('The settings were saved.').first().waitFor()
  })
})
