import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, signIn, useBrowser } from '../support/browser.ts'
import { deploy, inventoryTerm, poll, saveFilter } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { LIMITS, saveLimits } from '../support/download-limits.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addUser } from '../support/users.ts'

describe.skipIf(!HAS_BROWSER)('download limits', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let page: Page
  beforeAll(async () => {
    page = browser.page
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    await signIn(page, tenant, '/settings/downloads')
  })

  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const part = (name: string) => page.getByRole('group', { name, exact: true })

  test('are saved, and a wrong value is reported at its field', async () => {
    await button('Save limits').waitFor()
    expect(await button('Save limits').isDisabled()).toBe(true)
    await button('Add quiet hours').click()
    await part('Quiet hours').getByLabel('From').fill('00:00')
    await part('Quiet hours').getByLabel('To').fill('00:00')
    await field('Downloads at a time').fill('50')
    await field('Downloads at a time of each').fill('5')
    await field('Kilobytes per second').fill('2,000')
    await page.getByRole('combobox', { name: 'Attribute' }).fill('inventory/site')
    await page.keyboard.press('Escape')
    await button('Save limits').click()
    await page.getByText(/must differ from/i).waitFor()
    await expectAccessible(page)
    await part('Quiet hours').getByLabel('From').fill('22:00')
    await part('Quiet hours').getByLabel('To').fill('06:00')
    await button('Save limits').click()
    await page.getByText('The limits were saved.').waitFor()
    expect((await tenant.api.get(LIMITS)).body).toEqual({
      quiet_hours: { windows: [{ from: '22:00', to: '06:00' }], time_zone: expect.any(String) },
      ...{ max_downloads: 50, max_bytes_per_second: 2_000_000, download_timeout_minutes: 60 },
      by_attribute: { scope: 'inventory', attribute: 'site', max_downloads: 5 },
    })
    await page.getByText('0 of 50 downloads at the moment.').waitFor()
    await expectGoodLooks(page, 'settings-downloads')
  })

  test('are shown with what runs, in the explanation of a device that waits, and in the preview', async () => {
    const by_attribute = { scope: 'inventory', attribute: 'site', max_downloads: 1 }
    await saveLimits(tenant.api, { by_attribute })
    const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    const kind = { foo: 'foo', device_type: 'qemux86-64', site: 'Berlin' }
    const [first, second] = await enrol(server, tenant, 2, kind)
    await deploy(tenant.api, { filter_id })
    expect([(await poll(first!)).status, (await poll(second!)).status]).toEqual([200, 204])
    await page.goto('/settings/downloads')
    await page.getByText('1 download at the moment.').waitFor()
    await page.getByRole('row', { name: 'Berlin 1' }).waitFor()
    await page.goto(`/devices/${second!.id}`)
    await page
      .getByText(/1 of 1 download at inventory\/site=Berlin is running/)
      .first()
      .waitFor()
    await page.getByText('the device is offered the update once other downloads have ended').waitFor()
    expect(browser.problems).toEqual([])
  })

  test('can be read by users who may not change them', async () => {
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await page.context().clearCookies()
    await signIn(page, observer, '/settings/downloads')
    await field('Downloads at a time').waitFor()
    expect(await field('Downloads at a time').isDisabled()).toBe(true)
    expect(await button('Save limits').count()).toBe(0)
  })
})
