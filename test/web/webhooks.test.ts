import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { authOf } from '../support/auth.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, signIn, useBrowser } from '../support/browser.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { INTEGRATIONS, startReceiver } from '../support/receiver.ts'
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

  test('are not shown to users who may not manage them', async () => {
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await page.context().clearCookies()
    await signIn(page, observer, '/settings/account')
    await page.getByRole('link', { name: 'Access tokens' }).waitFor()
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
  })
})
