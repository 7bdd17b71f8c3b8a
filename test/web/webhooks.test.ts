import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { authOf } from '../support/auth.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { INTEGRATIONS, integrate, startReceiver } from '../support/receiver.ts'
import { addUser } from '../support/users.ts'

describe.skipIf(!HAS_BROWSER)('webhooks', () => {
  const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback' } })
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let page: Page
  beforeAll(async () => {
    page = browser.page
  })

  const button = (name: string) => page.getByRole('button', { name, exact: true })

  test('are created with a secret, show their deliveries, send again, and are deleted', async () => {
    let status = 500
    await using receiver = await startReceiver(() => ({ status, body: 'out of order' }))
    await signIn(page, tenant, '/settings/webhooks')
    await page.getByText('No webhooks', { exact: true }).waitFor()
    await button('Create webhook').click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByLabel('Secret').inputValue()).toMatch(/^[0-9a-f]{64}$/)
    await dialog.getByLabel('URL').fill('http://10.0.0.1/')
    await button('Create').click()
    await dialog.getByText('Must be public:').waitFor()
    await expectAccessible(page)
    await dialog.getByLabel('URL').fill(receiver.url)
    await dialog.getByLabel('Description').fill('ops chat')
    await button('Create').click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(`${receiver.url} · signed`).waitFor()

    const { id } = await authOf(server, tenant).waiting()
    await button('Show deliveries to ops chat').click()
    await page.getByText('the target responded with 500: out of order').waitFor()
    await page.getByTitle('to be sent, or to be sent again').waitFor()
    await expectGoodLooks(page, 'settings-webhooks')
    status = 200
    await button(`Send now: device-status-changed of ${id}`).click()
    await page.getByTitle('accepted by the target').waitFor()
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'Given up' }).click()
    await page.getByText('No such deliveries').waitFor()
    await button('Delete ops chat').click()
    await button('Delete webhook').click()
    await page.getByText('No webhooks', { exact: true }).waitFor()
    expect((await tenant.api.get(INTEGRATIONS)).body).toEqual([])
    expect(browser.problems).toEqual([])
  })

  test('are created for some events and for chats, and are changed, also their address', async () => {
    await using receiver = await startReceiver()
    await page.context().clearCookies()
    await signIn(page, tenant, '/settings/webhooks')
    await button('Create webhook').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Send' }).click()
    await page.getByRole('option', { name: /^Text, for Slack/ }).click()
    expect(await dialog.getByLabel('Secret').count()).toBe(0)
    await dialog.getByLabel('URL').fill(receiver.url)
    await dialog.getByLabel('Description').fill('chat')
    await dialog.getByRole('combobox', { name: 'Events' }).click()
    await page.getByRole('option', { name: 'Status of a device changed' }).click()
    await page.keyboard.press('Escape')
    await expectAccessible(page)
    await screenshot(page, 'settings-webhooks-create', { fullPage: false })
    await button('Create').click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(`${receiver.url} · Chat`).waitFor()
    await page.getByText('Status of a device changed').waitFor()
    const { id } = await authOf(server, tenant).waiting()
    await receiver.until(({ length }) => length === 1)
    expect(receiver.deliveries[0]?.event).toEqual({ text: `Device ${id} is pending` })

    await button('Change chat').click()
    await dialog.getByRole('combobox', { name: 'Send' }).click()
    await page.getByRole('option', { name: /^JSON/ }).click()
    await dialog.getByRole('combobox', { name: 'Events' }).focus()
    await page.keyboard.press('Backspace')
    // Closes the list of the field.
    await dialog.getByText('None chosen: all, also those of later versions.').click()
    await expectAccessible(page)
    await button('Save').click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(`${receiver.url} · not signed`).waitFor()
    await page.getByText('All events').waitFor()

    await button('Replace address of chat').click()
    await dialog.getByLabel('URL').fill('http://10.0.0.1/')
    await button('Replace').click()
    await dialog.getByText('Must be public:').waitFor()
    await dialog.getByLabel('URL').fill(`${receiver.url}/other`)
    await dialog.getByLabel('Secret').fill('00ff')
    await expectAccessible(page)
    await button('Replace').click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(`${receiver.url}/other · signed`).waitFor()
    await authOf(server, tenant).waiting()
    await receiver.until(({ length }) => length === 2)
    expect(receiver.deliveries[1]?.path).toBe('/hook/other')
    expect(receiver.deliveries[1]?.headers).toHaveProperty('x-muster-signature')
    expect(browser.problems).toEqual([])
  })

  test('say that the server sends no e-mail, and which of them fail', async () => {
    await using receiver = await startReceiver(() => ({ status: 500 }))
    await integrate(tenant.api, receiver.url)
    await authOf(server, tenant).waiting()
    await page.goto('/settings/webhooks')
    await page.getByTitle('does not accept what it is sent').first().waitFor()
    await page
      .getByText(/failing since/)
      .first()
      .waitFor()
    await button('Create webhook').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Send' }).click()
    await page.getByRole('option', { name: 'E-mail' }).click()
    await dialog.getByLabel('Recipients').fill('ops@example.com, dev@example.com')
    await button('Create').click()
    await dialog.getByText(/the server sends no e-mail/).waitFor()
    await button('Cancel').click()
  })

  test('are not shown to users who may not manage them', async () => {
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await page.context().clearCookies()
    await signIn(page, observer, '/settings/account')
    await page.getByRole('link', { name: 'Access tokens' }).waitFor()
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
  })
})
