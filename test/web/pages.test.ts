import { randomUUID } from 'node:crypto'
import type { Page, Request } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authOf } from '../support/auth.ts'
import { expectAccessible, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { deploy, inventoryTerm, pollInTurn, reportAll, saveFilter } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const FILTERS = '/api/management/v2/inventory/filters'
const DEVICES = '/api/management/v1/inventory/devices'
const SETTINGS = '/api/management/v1/useradm/settings/me'

/** The server responds with 401 while nobody is signed in. */
const NOBODY = '401 GET /api/management/v1/useradm/auth/session'

describe.skipIf(!HAS_BROWSER)('every page', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let page: Page
  let paths: Record<string, string>
  beforeAll(async () => {
    page = browser.page
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const devices = await enrol(server, tenant, 30, { foo: 'foo', device_type: 'qemux86-64', artifact_name: 'factory' })
    const waiting = await authOf(server, tenant).waiting()
    await tenant.api.post(FILTERS, { name: 'The pilots', terms: [inventoryTerm('foo', 'foo')] })
    const [member] = devices
    for (const { id } of [waiting, member!]) await tenant.api.put(`${DEVICES}/${id}/group`, { group: 'rack-7' })
    const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    const dynamic = await deploy(tenant.api, { name: 'dynamic', filter_id, max_devices: 40, retries: 2 })
    await pollInTurn(devices)
    await reportAll(devices.slice(0, 12), dynamic, 'success')
    const group = await deploy(tenant.api, { name: 'listed', devices: devices.slice(0, 3).map(({ id }) => id) })
    for (let i = 0; i < 6; i++) await deploy(tenant.api, { name: `more ${i}`, devices: [devices[0]?.id] })
    paths = {
      ...{ overview: '/', devices: '/devices', pending: '/devices?status=pending', search: '/devices?q=foo' },
      ...{ groups: '/groups', filters: '/filters', names: '/settings/devices' },
      ...{ device: `/devices/${devices[0]?.id}`, waiting: `/devices/${waiting.id}` },
      ...{ releases: '/releases', release: '/releases/release-1', deployments: '/deployments' },
      ...{ dynamic: `/deployments/${dynamic}`, listed: `/deployments/${group}` },
      ...{ new: '/deployments/new', chosen: '/deployments/new?release=release-1' },
      ...{ 'new-device': `/deployments/new?device=${devices[0]?.id}`, sized: `/deployments/${dynamic}?per_page=7` },
      ...{ settings: '/settings', account: '/settings/account', tokens: '/settings/access-tokens' },
      ...{
        users: '/settings/users',
        roles: '/settings/roles',
        downloads: '/settings/downloads',
        recipes: '/settings/recipes',
        ddi: '/settings/ddi',
        'sign-in': '/settings/sign-in',
        webhooks: '/settings/webhooks',
        log: '/settings/audit-log',
        tenant: '/settings/tenant',
      },
    }
  })

  const untilIdle = async () => {
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
    await expect.poll(() => browser.pending.size).toBe(0)
  }

  test('for signing in makes no failing request except the one for the current user', async () => {
    await page.goto('/')
    await untilIdle()
    expect(await page.evaluate('[...document.images].every((image) => image.naturalWidth > 0)')).toBe(true)
    await screenshot(page, 'sign-in-light')
    expect([...new Set(browser.refusals)]).toEqual([NOBODY])
    expect(browser.problems).toEqual([])
  })

  test('makes no failing requests, has a distinct title, and no empty select', async () => {
    await signIn(page, tenant)
    await untilIdle()
    browser.refusals.length = 0
    const titles = new Map<string, string>()
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(path)
      await untilIdle()
      titles.set(name, await page.title())
      const sizes = page.getByRole('combobox', { name: 'Rows per page' })
      for (let i = 0; i < (await sizes.count()); i++) expect(await sizes.nth(i).inputValue()).toMatch(/^\d+ rows$/)
      expect([path, browser.refusals, browser.problems]).toEqual([path, [], []])
    }
    const settings = [
      'account',
      'tokens',
      'users',
      'roles',
      'downloads',
      'recipes',
      'ddi',
      'webhooks',
      'log',
      'tenant',
    ].map((name) => titles.get(name))
    expect(new Set(settings).size).toBe(settings.length)
    expect(titles.get('users')).toBe('Users · Settings · Muster')
    expect(titles.get('dynamic')).toBe('30 % · dynamic · Muster')
    expect(titles.get('pending')).toBe('Pending · Devices · Muster')
    expect(titles.get('release')).toBe('release-1 · Releases · Muster')
    const same = ['settings', 'new', 'chosen', 'new-device', 'sized']
    const distinct = [...titles].filter(([name]) => !same.includes(name)).map(([, title]) => title)
    expect(new Set(distinct).size).toBe(distinct.length)
    for (const title of titles.values()) expect(title).toMatch(/^\S.* · Muster$/)
  })

  test('the palette finds anything with few requests, and goes there by the keyboard', async () => {
    await page.goto('/')
    await untilIdle()
    const requests: string[] = []
    const watch = (request: Request) => void requests.push(new URL(request.url()).pathname)
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Find or do anything' })
    const options = page.getByRole('option')
    await field.waitFor()
    // What was opened last comes first.
    const recent = page.getByRole('group', { name: 'Recent' }).getByRole('option')
    await expect.poll(() => recent.first().textContent()).toMatch(/^listed|^dynamic|^[0-9a-f-]+/)
    await expectAccessible(page)
    page.on('request', watch)
    await field.pressSequentially('factory', { delay: 20 })
    await expect.poll(() => options.filter({ hasText: 'artifact_name: factory' }).count()).toBe(5)
    page.off('request', watch)
    // Beside what the overview below refreshes.
    expect(requests.filter((path) => /(filters\/search|releases|deployments)$/.test(path))).toHaveLength(3)
    await expectAccessible(page)
    await screenshot(page, 'palette', { fullPage: false })
    await field.fill('release-1')
    await options.filter({ hasText: 'release-1' }).first().waitFor()
    await field.fill('ACK-7')
    await page.getByRole('group', { name: 'Groups' }).getByRole('option', { name: 'rack-7' }).click()
    await page.getByText('1–2 of 2').waitFor()
    await page.keyboard.press('Control+k')
    await field.fill('pilot')
    await expect.poll(() => options.allTextContents()).toEqual(['The pilotsdevices that match'])
    await page.keyboard.press('Enter')
    await page.getByText('1–20 of 30').waitFor()
    await page.keyboard.press('Control+k')
    await field.fill('audit')
    await expect.poll(() => options.allTextContents()).toEqual(['Audit logWho did what, and when'])
    expect(await options.first().getAttribute('aria-selected')).toBe('true')
    expect(await field.getAttribute('aria-activedescendant')).toBe(await options.first().getAttribute('id'))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/settings\/audit-log$/)
    await field.waitFor({ state: 'detached' })
  })

  test('keys open pages, but not while a text is typed', async () => {
    await page.getByRole('heading', { name: 'Audit log' }).waitFor()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.getByText('New deployment').waitFor()
    await expectAccessible(page)
    await page.keyboard.press('n')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page.waitForURL(/\/devices$/)
    await page.getByRole('textbox', { name: 'Search devices' }).fill('n?/')
    await page.keyboard.press('n')
    await page.waitForURL(/\/devices\?/)
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.locator('h1').click()
    await page.keyboard.press('/')
    await page.getByRole('combobox', { name: 'Find or do anything' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('n')
    await page.waitForURL(/\/deployments\/new$/)
  })

  test('times are shown in one time zone, and in the other one on hover', async () => {
    await page.goto(paths.listed ?? '')
    const created = page.getByRole('region', { name: 'Details' }).getByRole('time').first()
    await expect.poll(() => created.textContent()).toMatch(/(CET|CEST|GMT\+[12])$/)
    expect(await created.getAttribute('title')).toMatch(/ UTC · /)
    const inTable = page.locator('details.chart-table').getByText('The same as a table')
    await inTable.click()
    const row = page.getByRole('table', { name: 'Progress over time' }).getByRole('time').first()
    expect(await row.getAttribute('title')).toMatch(/ UTC · /)
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'Show times in UTC' }).click()
    await expect.poll(() => created.textContent()).toMatch(/ UTC$/)
    await page.goto('/settings/account')
    const utc = page.getByRole('switch', { name: 'Show times in UTC' })
    await expect.poll(() => utc.isChecked()).toBe(true)
    await page.getByRole('switch', { name: 'Single-key shortcuts' }).click()
    await expect
      .poll(async () => (await tenant.api.get(SETTINGS)).body)
      .toEqual({ ui: { utc: true, single_keys: false } })
    await page.keyboard.press('?')
    await utc.click()
    await expect.poll(async () => (await tenant.api.get(SETTINGS)).body.ui.utc).toBe(false)
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(browser.problems).toEqual([])
  })

  test('shows the menu and a loading state while its code loads', async () => {
    await page.goto('/')
    await untilIdle()
    let send = () => {}
    const held = new Promise<void>((resolve) => {
      send = resolve
    })
    await page.route(/\/assets\/settings.*\.js/, async (route) => {
      await held
      await route.continue()
    })
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('main').getByRole('status', { name: 'Loading' }).waitFor()
    expect(await page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(true)
    await screenshot(page, 'opening')
    send()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await page.unroute(/\/assets\/settings.*\.js/)
  })

  test('says who can give access, and that something does not exist', async () => {
    const RELEASES = /deployments\/releases/
    const refusal = { error: 'Access denied: your role does not allow this.', code: 'permission_denied' }
    await page.route(RELEASES, (route) => route.fulfill({ status: 403, json: refusal }))
    await page.goto('/releases')
    const state = page.getByRole('alert')
    await state.getByText(/An administrator of the tenant .+ can give you a role/).waitFor()
    expect(await state.getByRole('button').count()).toBe(0)
    await expectAccessible(page)
    await screenshot(page, 'forbidden')
    await page.unroute(RELEASES)
    await page.goto(`/deployments/${randomUUID()}`)
    await state.getByText('This does not exist').waitFor()
  })

  test('on paper, a report has tables in place of charts, its address and the time of printing', async () => {
    await page.goto(paths.dynamic ?? '')
    await untilIdle()
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    await page.getByText(`${server.url}${paths.dynamic}`).waitFor()
    await page.getByText(/Printed .*\d{4}, \d\d:\d\d/).waitFor()
    await page.locator('details.chart-table table').waitFor()
    expect(await page.locator('nav:visible, header:visible, .mantine-Button-root:visible').count()).toBe(0)
    // Neither what is of use only on a screen, nor times that depend on when one reads.
    expect(
      await page
        .getByText(/^Live|\bago$|just now/)
        .filter({ visible: true })
        .count(),
    ).toBe(0)
    expect(await page.getByRole('main').getByRole('time').count()).toBeGreaterThan(2)
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(24, 29, 42)')
    await screenshot(page, 'paper')
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`)
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' })
    await page.locator('details.chart-table table').waitFor({ state: 'hidden' })
  })

  test('shows no ID in place of a name that is still loading', async () => {
    let send = () => {}
    const held = new Promise<void>((resolve) => {
      send = resolve
    })
    const SEARCH = '**/inventory/filters/search'
    await page.route(SEARCH, async (route) => {
      await held
      await route.continue()
    })
    await page.goto(paths.dynamic ?? '')
    const rows = page.getByRole('table', { name: 'Devices' }).getByRole('row')
    await rows.nth(1).waitFor()
    expect(await rows.allTextContents()).not.toContainEqual(expect.stringMatching(/[0-9a-f]{8}-[0-9a-f]{4}-/))
    send()
    await rows.nth(1).getByRole('link').waitFor()
    await page.unroute(SEARCH)
  })

  test('describes in words what a device is doing', async () => {
    await page.goto(paths.device ?? '')
    await page.getByText('Why is this device not updating?').waitFor()
    await untilIdle()
    const text = await page.getByRole('main').textContent()
    expect(text).not.toMatch(/counted in|noartifact|already-installed|inprogress|max_devices|pause_before|\$eq/)
    await screenshot(page, 'device-words')
  })
})
