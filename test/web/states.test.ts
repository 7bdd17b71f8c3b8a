import type { Page, Route } from 'playwright-core'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import {
  expectAccessible,
  expectNoSidewaysScroll,
  HAS_BROWSER,
  openBrowser,
  screenshot,
  signIn,
  useBrowser,
} from '../support/browser.ts'
import { deploy, inventoryTerm, poll, saveFilter } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { saveLimits } from '../support/download-limits.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { integrate } from '../support/receiver.ts'
import { SAMPLED, sample } from '../support/sample.ts'
import { addUser } from '../support/users.ts'

/** More than a page of rows on a tall screen. */
const DEVICES = 31
/** Of a user with the least role. */
const BASIC = 'RBAC_ROLE_BASIC'

/** What the server responds to all requests of a page but those for the session. */
type Response = { status: number; code: string; error: string }
const ERROR: Response = { status: 500, code: 'internal_error', error: 'The server failed.' }
const REFUSAL: Response = { status: 403, code: 'permission_denied', error: 'Access denied.' }

describe.skipIf(!HAS_BROWSER)('every page', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let page: Page
  let deployment: string
  /** The pages that show data, by name. */
  let paths: Record<string, string>
  beforeAll(async () => {
    page = browser.page
    for (const device_types of [['qemux86-64'], ['raspberrypi4']])
      await uploadTestArtifact(tenant.api, { name: 'release-1', device_types })
    const devices = await enrol(server, tenant, DEVICES, {
      foo: 'foo',
      device_type: 'qemux86-64',
      artifact_name: 'old',
    })
    const [first] = devices
    await tenant.api.put(`/api/management/v1/inventory/devices/${first?.id}/group`, { group: 'rack-7' })
    await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    deployment = await deploy(tenant.api, { name: 'to the racks', devices: [first?.id] })
    await poll(first!)
    await saveLimits(tenant.api, { max_downloads: 100 })
    const webhook = await integrate(tenant.api, 'https://example.com/hook')
    paths = {
      ...{ overview: '/', devices: '/devices', device: `/devices/${first?.id}`, groups: '/groups' },
      ...{ filters: '/filters', releases: '/releases', release: '/releases/release-1' },
      ...{ deployments: '/deployments', deployment: `/deployments/${deployment}`, new: '/deployments/new' },
      ...{ tokens: '/settings/access-tokens', users: '/settings/users', roles: '/settings/roles' },
      ...{ recipes: '/settings/recipes', ddi: '/settings/ddi', webhooks: '/settings/webhooks' },
      ...{ deliveries: `/settings/webhooks?shown=${webhook}`, 'sign-in': '/settings/sign-in' },
      ...{ downloads: '/settings/downloads', names: '/settings/devices' },
      ...{ 'running downloads': '/settings/downloads', configuration: `/devices/${first?.id}` },
      ...{ log: '/settings/audit-log', tenant: '/settings/tenant' },
    }
    await signIn(page, tenant)
  })

  afterEach(() => page.unrouteAll())

  const API = /\/api\/(?!.*\/auth\/session$)/
  /** What a part of a page asks for, by name of the part. */
  const PARTS: Record<string, RegExp> = {
    ...{ deliveries: /\/deliveries\?/, 'running downloads': /\/download_limits\/running/ },
    configuration: /\/deviceconfig\//,
  }
  const main = () => page.getByRole('main')
  const empty = () => main().locator('.empty')

  test.each([
    ...['overview', 'devices', 'device', 'groups', 'filters', 'releases', 'release', 'deployments', 'deployment'],
    ...['new', 'tokens', 'users', 'roles', 'recipes', 'ddi', 'webhooks', 'log', 'tenant', 'sign-in', 'downloads'],
    ...['names', ...Object.keys(PARTS)],
  ])('is never empty while it loads, after an error or without access: %s', async (name) => {
    const held: Route[] = []
    let response: Response | undefined
    const answer = (route: Route, { status, ...json }: Response) => route.fulfill({ status, json }).catch(() => {})
    const requests = PARTS[name] ?? API
    await page.route(requests, (route) => (response ? answer(route, response) : held.push(route)))
    await page.goto(paths[name] ?? '')
    await main().locator('[aria-busy=true]').first().waitFor()
    expect(await empty().count()).toBe(0)

    response = ERROR
    for (const route of held) await answer(route, response)
    const failed = main().getByRole('alert').filter({ hasText: 'Something went wrong' })
    await failed.getByText('The server failed.').first().waitFor()
    expect(await empty().count()).toBe(0)

    response = REFUSAL
    await failed.getByRole('button', { name: 'Try again' }).first().click()
    const refused = main().getByRole('alert').filter({ hasText: 'You have no access to this' })
    await refused
      .getByText(/An administrator of the tenant .+ can give you a role/)
      .first()
      .waitFor()
    expect(await refused.first().getByRole('button').count()).toBe(0)
    expect(await empty().count()).toBe(0)
    if (name === 'overview') await screenshot(page, 'overview-no-access')
  })

  test('shows its data once an error is over: at once by the button, and by itself', async () => {
    await using other = await openBrowser(server.url)
    await other.page.clock.install()
    await signIn(other.page, tenant)
    const SEARCH = '**/inventory/filters/search'
    await other.page.route(SEARCH, (route) => route.fulfill({ status: 503, json: { error: 'It restarts.' } }))
    const rows = other.page.getByText(`1–20 of ${DEVICES}`)
    const failed = other.page.getByRole('alert').filter({ hasText: 'It restarts.' })
    for (const recover of [
      () => failed.getByRole('button', { name: 'Try again' }).click(),
      () => other.page.clock.fastForward(11_000),
    ]) {
      await other.page.goto('/devices')
      await failed.waitFor()
      await other.page.unroute(SEARCH)
      await recover()
      await rows.waitFor()
      expect(await failed.count()).toBe(0)
      await other.page.route(SEARCH, (route) => route.fulfill({ status: 503, json: { error: 'It restarts.' } }))
    }
  })

  test('says loudly that its data is not up to date, also if the server does not respond at all', async () => {
    await using other = await openBrowser(server.url)
    await other.page.clock.install()
    await signIn(other.page, tenant, '/devices')
    const age = other.page.getByRole('status').filter({ hasText: /ive · updated/ })
    await age.getByText(/^Live/).waitFor()
    expect(await age.locator('[data-loud]').count()).toBe(0)
    await other.page.route(API, () => {})
    await other.page.clock.fastForward(61_000)
    await age.locator('[data-loud]').getByText('Not live · updated 1 minute ago').waitFor()
    await expectAccessible(other.page)
    await screenshot(other.page, 'devices-not-live', { fullPage: false })
    await other.page.unroute(API)
  })

  test('says that a list is empty, and how to fill it', async () => {
    const fresh = await server.tenant()
    await using other = await openBrowser(server.url)
    await signIn(other.page, fresh)
    const TITLES = {
      ...{ '/devices': 'No devices yet', '/groups': 'No groups yet', '/filters': 'No filters yet' },
      ...{ '/releases': 'No releases yet', '/deployments': 'No deployments yet' },
      ...{ '/settings/access-tokens': 'No access tokens', '/settings/webhooks': 'No webhooks' },
      '/settings/sign-in': 'No sign-in providers',
    }
    for (const [path, name] of Object.entries(TITLES)) {
      await other.page.goto(path)
      await other.page.getByRole('heading', { name, exact: true }).waitFor()
      expect([path, await other.page.getByRole('main').getByRole('table').count()]).toEqual([path, 0])
    }
    expect(other.problems).toEqual([])
  })

  test('removes the conditions of a list that nothing meets', async () => {
    const SEARCHES = {
      ...{ '/devices?q=zzzz': 'Show all devices', '/groups?q=zzzz': 'Show all groups' },
      ...{ '/releases?search=zzzz': 'Show all releases', '/deployments?search=zzzz': 'Show all deployments' },
      '/settings/audit-log?who=nobody@example.com': 'Show all entries',
    }
    for (const [path, name] of Object.entries(SEARCHES)) {
      await page.goto(path)
      await page.getByRole('button', { name }).click()
      await page.getByText(/^1–\d+ of \d+$/).waitFor()
      expect(await empty().count()).toBe(0)
    }
  })

  test('leads back to the first page from one past the end, and ignores what is no page', async () => {
    const lists = ['/devices', '/groups', '/filters', '/releases', '/deployments', '/settings/audit-log']
    for (const path of [...lists, `/deployments/${deployment}`]) {
      await page.goto(`${path}?page=99`)
      await page.getByRole('heading', { name: 'This page is empty' }).waitFor()
      await page.getByRole('button', { name: 'Go to first page' }).click()
      const range = page.getByText(/^1–\d+ of \d+$/)
      await range.waitFor()
      await page.goto(`${path}?page=none&per_page=-3`)
      await range.waitFor()
    }
    expect(browser.problems).toEqual([])
  })

  test(`fills a very large screen: more rows, and cards beside each other (${SAMPLED})`, async () => {
    await page.setViewportSize({ width: 2560, height: 1440 })
    await page.goto('/devices')
    await page.getByText(`1–30 of ${DEVICES}`).waitFor()
    await page.getByRole('combobox', { name: 'Rows per page' }).click()
    await page.getByRole('option', { name: '20 rows' }).click()
    await page.getByText(`1–20 of ${DEVICES}`).waitFor()
    expect(new URL(page.url()).search).toBe('?per_page=20')
    const tops = async (role: 'article' | 'region', ...names: RegExp[]) => {
      const boxes = names.map(async (name) => (await page.getByRole(role, { name }).boundingBox())?.y)
      return new Set(await Promise.all(boxes)).size
    }
    await page.goto('/releases/release-1')
    await page.getByRole('article').nth(1).waitFor()
    expect(await tops('article', /qemux86-64/, /raspberrypi4/)).toBe(1)
    await page.goto('/settings/account')
    await page.getByRole('region', { name: 'Password' }).waitFor()
    expect(await tops('region', /^E-mail/, /^Password/, /^Times/, /^Two-factor/)).toBe(1)
    await page.goto(paths.deployment ?? '')
    const boxOf = async (name: string) => await page.getByRole('region', { name, exact: true }).boundingBox()
    const [phases, progress] = [await boxOf('Phases'), await boxOf('Progress over time')]
    expect([progress?.x, progress!.y > phases!.y]).toEqual([phases?.x, true])
    for (const path of sample(Object.values(paths), { of: 3, offset: 0 })) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
      await expectNoSidewaysScroll(page)
    }
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  test('says who can give access to a page that the role does not include', async () => {
    const least = await addUser(server, tenant, [BASIC])
    await using other = await openBrowser(server.url, { width: 360 })
    await signIn(other.page, least, '/settings/users')
    const who = other.page.getByText(/An administrator of the tenant .+ can give you a role/)
    await other.page.getByRole('heading', { name: 'Your role does not include the list of users' }).waitFor()
    await who.waitFor()
    await expectAccessible(other.page)
    await expectNoSidewaysScroll(other.page)
    await other.page.goto('/')
    await other.page.getByRole('heading', { name: 'Your role does not include devices and deployments' }).waitFor()
    await other.page.goto('/deployments/new')
    await other.page.getByRole('heading', { name: 'You cannot create deployments' }).waitFor()
    for (const path of ['/devices', '/groups', '/releases', '/deployments']) {
      await other.page.goto(path)
      await who.waitFor()
      expect([path, await other.page.locator('.empty').count()]).toEqual([path, 0])
    }
    await other.page.goto('/settings/nothing')
    await other.page.getByRole('heading', { name: 'Page not found' }).waitFor()
    expect(other.problems).toEqual([])
  })
})
