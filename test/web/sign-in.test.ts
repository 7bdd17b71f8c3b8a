import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, expectAccessible, HAS_BROWSER, openBrowser, screenshot, signIn } from '../support/browser.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'

describe.skipIf(!HAS_BROWSER)('signing in', () => {
  let server: TestServer
  let tenant: TestTenant
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    tenant = await server.tenant()
    browser = await openBrowser(server.url)
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  test('a wrong password is said at the form, and what was entered is kept', async () => {
    const { page } = browser
    await page.goto('/')
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill('wrong password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(tenant.email)
    await expectAccessible(page)
    await screenshot(page, 'sign-in')
  })

  test('one is let in, stays signed in over a reload, and signs out', async () => {
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

  test('no script can read the session, and the page neither complains nor calls anybody else', async () => {
    const { page, complaints } = browser
    await signIn(page, tenant)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('eyJ')
    expect(complaints).toEqual([])
  })
})
