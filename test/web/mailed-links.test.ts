import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  expectAccessible,
  expectGoodLooks,
  HAS_BROWSER,
  openBrowser,
  signIn,
} from '../support/browser.ts'
import { mailSettings, startMailServer } from '../support/mail-server.ts'
import { startServer, type TestServer } from '../support/server.ts'

describe.skipIf(!HAS_BROWSER)('links of e-mails', () => {
  let mailServer: Awaited<ReturnType<typeof startMailServer>>
  let server: TestServer
  let browser: Browser
  beforeAll(async () => {
    mailServer = await startMailServer()
    server = await startServer({ environment: mailSettings(mailServer) })
    browser = await openBrowser(server.url)
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await mailServer?.[Symbol.asyncDispose]()
  })

  /** The path of the link in the newest mail to an address. */
  async function linkTo(email: string, count = 1): Promise<string> {
    const mails = () => mailServer.mails.filter(({ to }) => to.includes(email))
    await expect.poll(() => mails().length).toBe(count)
    return /https:\/\/muster\.example\.com(\/\S+#\S+)/.exec(mails().at(-1)?.text ?? '')?.[1] ?? ''
  }

  test('a user who forgot the password gets a link, and sets a new one', async () => {
    const { page } = browser
    const tenant = await server.tenant()
    await page.goto('/')
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByRole('button', { name: 'Forgot your password?' }).click()
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(tenant.email)
    await expectAccessible(page)
    await expectGoodLooks(page, 'forgot-password')
    await page.getByRole('button', { name: 'Send link' }).click()
    await page.getByText('If there is a user with this address').waitFor()
    await page.getByRole('button', { name: 'Back to sign-in' }).click()
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()

    await page.goto(await linkTo(tenant.email))
    await page.getByRole('heading', { name: 'Set a new password' }).waitFor()
    await expectAccessible(page)
    await expectGoodLooks(page, 'new-password')
    await page.getByLabel('New password').fill('short')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('must be minimum 8 characters').waitFor()
    await page.getByLabel('New password').fill('another good password')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByLabel('E-mail address').waitFor()
    await signIn(page, { ...tenant, password: 'another good password' })
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()

    // The link was used; the page is shown to users who are signed in, too.
    await page.goto(await linkTo(tenant.email))
    await page.getByLabel('New password').fill('yet another password')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('The link has expired or was used before: ask for a new one.').waitFor()
    expect(browser.problems).toEqual([])
  })

  test('a user confirms the e-mail address', async () => {
    const { page } = browser
    await page.context().clearCookies()
    const tenant = await server.tenant()
    await signIn(page, tenant, '/settings/account')
    await page.getByText(`You have not confirmed yet that you receive what is sent to ${tenant.email}.`).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Send a link to confirm it' }).click()
    await page.getByText(`An e-mail with a link was sent to ${tenant.email}.`).waitFor()
    await page.goto(await linkTo(tenant.email))
    await page.getByRole('heading', { name: 'Confirm your e-mail address' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('heading', { name: 'Your e-mail address is confirmed' }).waitFor()
    await page.getByRole('link', { name: 'Continue to Muster' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.goto('/settings/account')
    await page.getByRole('heading', { name: 'E-mail address' }).waitFor()
    expect(await page.getByText('You have not confirmed yet').count()).toBe(0)
    expect(browser.problems).toEqual([])
  })

  test('webhooks that send e-mails are created in the settings', async () => {
    const { page } = browser
    await page.context().clearCookies()
    const tenant = await server.tenant()
    await signIn(page, tenant, '/settings/webhooks')
    await page.getByRole('button', { name: 'Create webhook', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Send' }).click()
    await page.getByRole('option', { name: 'E-mail' }).click()
    await dialog.getByLabel('Recipients').fill('ops@example.com, dev+muster@example.com')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('E-mail · ops@example.com, dev+muster@example.com').waitFor()
    expect(browser.problems).toEqual([])
  })
})
