import { describe, expect, test } from 'vitest'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { openApi } from '../support/api.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { TOO_MANY_GUESSES, USERADM } from '../support/users.ts'

describe.skipIf(!HAS_BROWSER)('signing in', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)

  test('a wrong password is reported in the form, and the input is kept', async () => {
    const { page } = browser
    await page.goto('/')
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill('wrong password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The e-mail address or password is wrong.').waitFor()
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(tenant.email)
    await expectAccessible(page)
    await screenshot(page, 'sign-in')
  })

  test('a user signs in, stays signed in after a reload, and signs out', async () => {
    const { page } = browser
    await signIn(page, tenant)
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
  })

  test('no script can read the session, and the page has no errors and no requests to other hosts', async () => {
    const { page, problems } = browser
    await signIn(page, tenant)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('eyJ')
    expect(problems).toEqual([])
  })

  test('signing out in one tab signs out the other, and signing in again returns to its page', async () => {
    const { page, context } = browser
    await context.clearCookies()
    await signIn(page, tenant, '/settings/access-tokens')
    const other = await context.newPage()
    await other.goto('/settings/account')
    await other.getByRole('heading', { name: 'Two-factor authentication' }).waitFor()
    await other.getByRole('button', { name: /Account of/ }).click()
    await other.getByRole('menuitem', { name: 'Sign out' }).click()
    for (const tab of [page, other]) await tab.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
    await other.getByLabel('E-mail address').fill(tenant.email)
    await other.getByLabel(/^Password/).fill(tenant.password)
    await other.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Access tokens', exact: true }).waitFor()
    await other.close()
  })

  test('a session that was ended elsewhere leads to the sign-in form, and then back to the same page', async () => {
    const { page } = browser
    await page.context().clearCookies()
    await signIn(page, tenant, '/settings/users')
    const change = { password: 'another password', current_password: tenant.password }
    expect((await tenant.api.put(`${USERADM}/users/me`, change)).status).toBe(204)
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
    tenant.password = change.password
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Deployments manager').waitFor()
    expect(new URL(page.url()).pathname).toBe('/settings/roles')
  })

  test('a suspended tenant and too many wrong passwords are explained in words', async () => {
    const { page } = browser
    const { email, password, tenant_id } = await server.tenant()
    await changeTenant(server.env, { tenant_id, status: 'suspended' })
    await page.context().clearCookies()
    await page.goto('/')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel(/^Password/).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(/Your tenant is suspended/).waitFor()
    const login = { email: tenant.email, password: 'a wrong guess' }
    await Promise.all(Array.from({ length: 50 }, () => openApi(server.url).post(`${USERADM}/auth/session`, login)))
    // The clock is set back, so that no guess is forgiven on a slow machine.
    server.advance(-60_000)
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(TOO_MANY_GUESSES).waitFor()
    await page.getByText('Where do I find the initial password?').click()
    await expectGoodLooks(page, 'sign-in')
  })
})
