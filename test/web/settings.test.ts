import { TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { deploy, inventoryTerm, saveFilter } from '../support/deploy.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addUser, idOf, isSignedIn, openSessionOf, USERADM } from '../support/users.ts'
import { ROLES } from '../support/world.ts'

const NARROW = { width: 360, height: 760 }
const WIDE = { width: 1440, height: 900 }

describe.skipIf(!HAS_BROWSER)('settings', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server, WIDE)
  let page: Page
  beforeAll(async () => {
    page = browser.page
    await signIn(page, tenant, '/settings/account')
  })

  const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) =>
    within.getByRole('button', { name, exact: typeof name === 'string' })
  const dialog = () => page.getByRole('dialog')
  const field = (label: string | RegExp) => page.getByLabel(label).and(page.locator('input')).first()
  const open = async (section: string) => {
    await page.goto(`/settings/${section}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }
  const look = (name: string) => expectGoodLooks(page, `settings-${name}`, { resized: untilListIsShownOrHidden })
  /** Narrow screens show either the list of settings or one of them. */
  const untilListIsShownOrHidden = (width: number) =>
    page.getByRole('link', { name: 'All settings' }).waitFor({ state: width < WIDE.width ? 'visible' : 'hidden' })

  /** The name of the file that the page exports. */
  async function exportedAs() {
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Export as CSV' }).click()
    return (await download).suggestedFilename()
  }

  test('an e-mail address that is in use is reported at its field', async () => {
    const other = await server.tenant()
    await open('account')
    await field('E-mail address').fill(other.email)
    await button('Change e-mail address').click()
    await page.getByText('User with a given email already exists.').waitFor()
    expect(await field('E-mail address').inputValue()).toBe(other.email)
  })

  test('a token is shown once and works on the API until it is revoked', async () => {
    await open('access-tokens')
    await page.getByText('No access tokens').waitFor()
    await button('Create token').click()
    await field('Name').fill('nightly build')
    await button('Create', dialog()).click()
    const token = (await page.getByLabel('Access token', { exact: true }).textContent()) ?? ''
    const api = openApi(server.url, token)
    expect((await api.get(`${USERADM}/users/me`)).body.email).toBe(tenant.email)
    await screenshot(page, 'settings-token-shown')
    await expectAccessible(page)
    await button('I have copied it').click()
    await page.reload()
    await page.getByText(/^Last used .* expires/).waitFor()
    await button('Create token').click()
    await field('Name').fill('nightly build')
    await button('Create', dialog()).click()
    await page.getByText('Personal Access Token with a given name already exists.').waitFor()
    await button('Cancel', dialog()).click()
    expect(await exportedAs()).toBe('access-tokens.csv')
    await look('tokens')
    await button('Revoke nightly build').click()
    await button('Revoke token', dialog()).click()
    await page.getByText('No access tokens').waitFor()
    expect((await api.get(`${USERADM}/users/me`)).status).toBe(401)
  })

  test('a custom role is created from permission sets that are limited to groups', async () => {
    await open('roles')
    await page.getByText('Deployments manager').waitFor()
    await button('Create role').click()
    await field('Name').fill('RBAC_ROLE_MINE')
    await field('Deploy to devices').check()
    await field('Deploy to devices: only these groups').fill('lab')
    await page.keyboard.press('Enter')
    await button('Create role', dialog()).click()
    await page.getByText(/choose one that does not begin with RBAC_ROLE_/).waitFor()
    await expectAccessible(page)
    await screenshot(page, 'settings-role-form')
    await field('Name').fill('lab crew')
    await button('Create role', dialog()).click()
    await page.getByText('Deploy to devices: only devices in lab').waitFor()
    await look('roles')
    const { body } = await tenant.api.get('/api/management/v2/useradm/roles/lab%20crew')
    expect(body.permission_sets_with_scope).toEqual([
      { name: 'DeployToDevices', scope: { type: 'DeviceGroups', value: ['lab'] } },
    ])
    await button('Edit lab crew').click()
    await field('Upload artifacts').check()
    await button('Save role', dialog()).click()
    await dialog().waitFor({ state: 'hidden' })
    await page.getByRole('listitem').getByText('Upload artifacts', { exact: true }).waitFor()
  })

  test('a user is added, gets another role, and is deleted', async () => {
    const email = 'ada@example.com'
    await open('users')
    await button('Add user').click()
    await field('E-mail address').fill(email)
    await field('Initial password').fill('short')
    await button('Add user', dialog()).click()
    await page.getByText('Must be minimum 8 characters long.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'settings-user-form')
    await field('Initial password').fill('correct horse battery')
    await button('Add user', dialog()).click()
    await page.getByText('Observer · never signed in').waitFor()
    await button(`Roles of ${email}`).click()
    await field('Roles').click()
    await page.getByRole('option', { name: 'lab crew' }).click()
    await page.keyboard.press('Escape')
    await button('Save roles', dialog()).click()
    await page.getByText('Observer, lab crew · never signed in').waitFor()
    expect(await exportedAs()).toBe('users.csv')
    await look('users')
    await button(`Delete ${email}`).click()
    await button('Delete user', dialog()).click()
    await page.getByText(email, { exact: true }).waitFor({ state: 'hidden' })
  })

  test('the audit log describes events in words, links to their objects, and is filtered and exported', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const filter_id = await saveFilter(tenant.api, inventoryTerm('region', 'eu'))
    const id = await deploy(tenant.api, { name: 'to production', filter_id })
    await open('audit-log')
    await page.getByText(`${tenant.email} created the deployment to production of the release release-1`).waitFor()
    await page.getByText('roles: Observer → Observer, lab crew').waitFor()
    const sets = 'Deploy to devices: only devices in lab'
    await page.getByText(`permission sets: ${sets} → ${sets}; Upload artifacts`).waitFor()
    await page.getByText(`${tenant.email} saved the filter`).waitFor()
    await page.getByText(`${tenant.email} created the role lab crew`).waitFor()
    expect(await page.getByRole('link', { name: 'to production' }).getAttribute('href')).toBe(`/deployments/${id}`)
    await look('audit-log')
    await field('Type').click()
    await page.getByRole('option', { name: 'artifact' }).click()
    await page.getByText('1–1 of 1').waitFor()
    await page.getByText(`${tenant.email} uploaded the artifact release-1`).waitFor()
    expect(await exportedAs()).toBe('audit-log.csv')
    await field('User').fill('somebody@example.com')
    await page.keyboard.press('Enter')
    await page.getByText('No matching entries').waitFor()
    expect(new URL(page.url()).searchParams.get('who')).toBe('somebody@example.com')
  })

  test('the tenant’s plan, limit and token are shown', async () => {
    await open('tenant')
    await page.getByText('0 devices accepted, no limit').waitFor()
    await expect.poll(() => page.getByLabel('Tenant token').last().textContent()).toBe(tenant.tenant_token)
    await look('tenant')
  })

  test('a list links to the sections on narrow screens', async () => {
    await page.setViewportSize(NARROW)
    await page.goto('/settings')
    const sections = page.getByRole('navigation', { name: 'Settings' })
    await sections.getByRole('link', { name: /Audit log/ }).waitFor()
    await expectAccessible(page)
    await screenshot(page, 'settings-list')
    await sections.getByRole('link', { name: /Tenant/ }).click()
    await page.getByRole('heading', { level: 1, name: 'Tenant' }).waitFor()
    await page.getByRole('link', { name: 'All settings' }).click()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await page.setViewportSize(WIDE)
  })

  test('two-factor authentication is set up with an authenticator code, and required at the next sign-in', async () => {
    await open('account')
    await button('Set up two-factor authentication').click()
    await page.getByAltText('QR code for your authenticator app').waitFor()
    await field('Code').fill('000000')
    await button('Turn on').click()
    await page.getByText('The code is wrong or was used before: wait for the next one.').waitFor()
    await look('two-factor')
    const found = await server.env.db.first<{ tfa_secret: string }>(sql`
      select tfa_secret from users where id = ${idOf(tenant.api)}`)
    const totp = new TOTP({ secret: found?.tfa_secret ?? '' })
    const code = () => totp.generate({ timestamp: server.env.now().getTime() })
    await field('Code').fill(code())
    await button('Turn on').click()
    await button('Turn off').waitFor()
    await button(/Account of/).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    // The page of the account has a field with the same label.
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
    await field('E-mail address').fill(tenant.email)
    await field(/^Password/).fill(tenant.password)
    await button('Sign in').click()
    await field('Code').fill('000000')
    await button('Sign in').click()
    await page.getByText('This code is wrong or was already used. Wait for the next one.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'sign-in-code')
    server.advance(60_000)
    await field('Code').fill(code())
    await button('Sign in').click()
    await button('Turn off').click()
    await button('Turn off', dialog()).click()
    await button('Set up two-factor authentication').waitFor()
  })

  test('a user with read access to users is offered no buttons', async () => {
    const sets = [{ name: 'ReadUsers' }]
    await tenant.api.post(ROLES, { name: 'watchers', permission_sets_with_scope: sets })
    const observer = await addUser(server, tenant, ['watchers'])
    await page.context().clearCookies()
    await signIn(page, observer, '/settings/users')
    await page.getByText(observer.email, { exact: true }).nth(1).waitFor()
    for (const name of ['Add user', /^Delete/, /^Roles of/]) await expect.poll(() => button(name).count()).toBe(0)
    await open('roles')
    await page.getByText('lab crew').waitFor()
    for (const name of ['Create role', /^Edit/, /^Delete/]) await expect.poll(() => button(name).count()).toBe(0)
    const least = await addUser(server, tenant, ['RBAC_ROLE_BASIC'])
    await page.context().clearCookies()
    await signIn(page, least, '/settings')
    const links = page.getByRole('navigation', { name: 'Settings' }).getByRole('link')
    await links.first().waitFor()
    expect(await links.allInnerTexts()).toEqual(['Account', 'Access tokens', 'Tenant'])
  })

  test('a wrong current or too short new password is reported at its field, and a valid one is accepted', async () => {
    const user = await addUser(server, tenant)
    await page.context().clearCookies()
    await signIn(page, user, '/settings/account')
    await field(/^Current password/).fill('not this one')
    await field(/^New password/).fill('quite another one')
    await button('Change password').click()
    await page.getByText('This is not your current password.').waitFor()
    expect(await field(/^New password/).inputValue()).toBe('quite another one')
    await field(/^New password/).fill('short')
    await button('Change password').click()
    await page.getByText('Must be minimum 8 characters long.').waitFor()
    await look('account')
    await field(/^Current password/).fill(user.password)
    await field(/^New password/).fill('quite another one')
    await button('Change password').click()
    await page.getByText('Your password was changed.').waitFor()
    expect(await isSignedIn(user.api)).toBe(false)
    await openSessionOf(server, { ...user, password: 'quite another one' })
  })

  test('features that the plan lacks are explained', async () => {
    const small = await server.tenant('os')
    await page.context().clearCookies()
    await signIn(page, small, '/settings/roles')
    await page.getByText('Roles are part of the Enterprise plan').waitFor()
    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.getByText('The audit log is part of the Enterprise plan').waitFor()
  })

  test('the browser reported no errors', () => {
    expect(browser.problems).toEqual([])
  })
})
