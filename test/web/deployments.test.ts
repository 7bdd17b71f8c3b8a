import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import {
  type Browser,
  expectAccessible,
  expectNoSidewaysScroll,
  HAS_BROWSER,
  openBrowser,
  screenshot,
  signIn,
} from '../support/browser.ts'
import { ask, deploy, inventoryTerm, show, statistics, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { addUser } from '../support/users.ts'

const HOUR_MS = 3_600_000
const FILTERS = '/api/management/v2/inventory/filters'

describe.skipIf(!HAS_BROWSER)('deployments in the browser', () => {
  let server: TestServer
  let tenant: TestTenant
  let fleet: SimulatedDevice[]
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    server = await startServer()
    tenant = await server.tenant()
    await uploadTestArtifact(tenant.api, { name: 'release-2.0', device_types: ['qemux86-64'] })
    await uploadTestArtifact(tenant.api, { name: 'release-2.0', device_types: ['arm1'] })
    await uploadTestArtifact(tenant.api, { name: 'firmware-7', device_types: ['arm1'] })
    // Twenty match: two of a type without an artifact, three that run the release already.
    fleet = await enrol(server, tenant, 22, (i) => ({
      region: i < 20 ? 'eu' : 'us',
      device_type: i === 18 || i === 19 ? 'mips' : 'qemux86-64',
      artifact_name: i >= 15 && i < 18 ? 'release-2.0' : 'factory',
    }))
    await tenant.api.post(FILTERS, { name: 'eu-fleet', terms: [inventoryTerm('region', 'eu')] })
    browser = await openBrowser(server.url)
    page = browser.page
    await signIn(page, tenant, '/deployments')
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const choose = async (label: string, option: string) => {
    await page.getByRole('combobox', { name: label }).click()
    await page.getByRole('option', { name: option }).click()
  }
  const sentence = (...parts: string[]) =>
    page.getByText(new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')))
  const idShown = () => new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const submit = () => page.getByRole('button', { name: /^Deploy/ })

  test('where there are none, the next step is shown', async () => {
    await page.getByRole('heading', { name: 'No deployments yet' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'New deployment' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'New deployment' }).waitFor()
  })

  test('wrong input is said at its field, and everything entered is kept, also over another page', async () => {
    await submit().click()
    await page.getByText('Choose a release.').waitFor()
    await page.getByText('Choose who gets it.').waitFor()
    await page.getByRole('combobox', { name: 'Release' }).fill('release')
    await page.getByRole('option', { name: /release-2.0.*qemux86-64/s }).click()
    await choose('Saved filter', 'eu-fleet')
    await sentence('release-2.0 to 20 devices of eu-fleet', 'all now').waitFor()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('release-2.0 to eu-fleet')

    await page.getByLabel(/^Name/).fill('')
    await page
      .getByText(/name.*blank|cannot be blank|must NOT/i)
      .first()
      .waitFor()
    await page.getByLabel(/^Name/).fill('spring rollout')
    await page.getByRole('button', { name: '1 %, 10 %, 100 %' }).click()
    await page.getByText('Phase 1 would have no device: give it more percent').waitFor()
    await page.getByLabel('Phase 1: percent').fill('95')
    await page.getByText(/add up to more than 100/).waitFor()
    await page.getByLabel('Phase 1: percent').fill('10')
    await page.getByLabel('Phase 2: how long after').fill('')
    await page.getByText(/only the first phase may leave it out/).waitFor()
    await page.getByLabel('Phase 2: how long after').fill('2')
    await page.getByLabel('Attempts').fill('5000')
    await page.getByText(/1000/).first().waitFor()
    await page.getByLabel('Attempts').fill('3')
    await page.getByText('Tries each device up to 3 times').waitFor()
    await expectAccessible(page)

    await page.getByRole('link', { name: 'Releases', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Releases' }).waitFor()
    await page.goto('/deployments/new')
    await page.getByText('You had begun this deployment.').waitFor()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('spring rollout')
    expect(await page.getByLabel('Phase 1: percent').inputValue()).toBe('10 %')
    await page.getByRole('button', { name: 'Start anew' }).click()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('')
  })

  test('what the preview says is what creation does, and three phases are watched to the end of the last', async () => {
    await page.goto('/deployments/new?release=release-2.0')
    await choose('Saved filter', 'eu-fleet')
    await page.getByRole('button', { name: '1 %, 10 %, 100 %' }).click()
    await page.getByLabel('Phase 1: percent').fill('10')
    await page.getByLabel('Phase 2: percent').fill('40')
    await page.getByLabel('Phase 2: how long after').fill('2')
    await page.getByLabel('Phase 3: how long after').fill('3')
    const said = sentence(
      'release-2.0 to 20 devices of eu-fleet',
      '2 now, then 8 from',
      'then 10 from',
      '2 have no artifact, 3 already run it.',
    )
    await said.waitFor()
    const times = (await said.innerText()).match(/\d+ \w+ \d{4}, \d\d:\d\d/g)
    await expectAccessible(page)
    await screenshot(page, 'new-deployment-1280')
    await page.getByRole('button', { name: 'Deploy to 20 devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2.0 to eu-fleet' }).waitFor()

    const id = idShown()
    const { phases, initial_device_count } = await show(tenant.api, id)
    expect(initial_device_count).toBe(20)
    expect(phases.map(({ capacity }: { capacity?: number }) => capacity)).toEqual([2, 8, undefined])
    const shown = phases.slice(1).map(({ start_ts }: { start_ts: string }) => inBerlin(start_ts))
    expect(times).toEqual(shown)

    const phase = (i: number) => page.getByRole('listitem', { name: `Phase ${i}` })
    await work(fleet, id, (i) => i === 1)
    expect(await statistics(tenant.api, id)).toEqual({ success: 1, failure: 1 })
    await phase(1).getByText('2 of 2 counted in · 2 ended · 1 succeeded · 1 failed').waitFor()
    await page.getByText('0 of 8 counted in').waitFor()
    await page.getByRole('button', { name: '1 Failure' }).waitFor()

    server.advance(2.5 * HOUR_MS)
    await work(fleet, id, () => false)
    await phase(2).getByText('8 of 8 counted in · 8 ended · 8 succeeded · 0 failed').waitFor()
    server.advance(3 * HOUR_MS)
    await work(fleet, id, () => false)
    await phase(3).getByText('10 counted in').waitFor()
    expect(await statistics(tenant.api, id)).toEqual({
      ...{ success: 14, failure: 1, noartifact: 2, 'already-installed': 3 },
    })
    await page.getByRole('button', { name: '14 Success' }).waitFor()
  })

  test('a device that failed comes first, with its log', async () => {
    const rows = page.getByRole('table', { name: 'Devices' }).getByRole('row')
    await rows.nth(1).getByText('Failure').filter({ visible: true }).waitFor()
    expect(await rows.nth(1).getByRole('link').innerText()).toBe(fleet[1]?.identity.mac)
    await rows
      .nth(1)
      .getByRole('button', { name: /Details/ })
      .click()
    await page.getByRole('region', { name: 'Log' }).getByText('no space left on device').waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: '2 No artifact' }).click()
    await page.getByText('1–2 of 2').waitFor()
    expect(new URL(page.url()).search).toBe('?status=noartifact')
  })

  test('one is told why a device is not updating', async () => {
    await page.getByLabel('Device ID').fill(fleet[21]?.id ?? '')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText(/inventory\/region \$eq "eu", but it is "us"/).waitFor()
  })

  test('aborting tells its consequences in numbers first, and they come true', async () => {
    const devices = fleet.slice(0, 15).map((device) => device.id)
    const id = await deploy(tenant.api, {
      name: 'to be stopped',
      artifact_name: 'release-2.0',
      devices,
      force_installation: true,
    })
    for (const device of fleet.slice(0, 5)) await ask(device)
    for (const device of fleet.slice(0, 2)) await device.report(id, 'success')
    await fleet[2]?.report(id, 'installing')
    await page.goto(`/deployments/${id}`)
    await page.getByRole('button', { name: 'Abort deployment' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('3 devices are in the middle of it and will be told to stop.').waitFor()
    await dialog.getByText('10 have not begun and never will.').waitFor()
    await dialog.getByText('2 have ended and stay as they are.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'abort')
    await dialog.getByRole('button', { name: 'Abort deployment' }).click()
    await page.getByText('This deployment was aborted').waitFor()
    await page.getByText(/3 devices in the middle of it were told to stop, 2 had succeeded, 0 had failed/).waitFor()
    expect(await statistics(tenant.api, id)).toEqual({ success: 2, aborted: 3 })
    expect((await fleet[2]?.report(id, 'success'))?.status).toBe(409)
    expect(await page.getByRole('button', { name: 'Abort deployment' }).count()).toBe(0)
  })

  test('the list shows several at once as they go, by state and by text, in the address', async () => {
    const running = await deploy(tenant.api, {
      name: 'kiosks',
      artifact_name: 'release-2.0',
      devices: [fleet[20]!.id, fleet[21]!.id],
    })
    await deploy(tenant.api, { name: 'gateways', artifact_name: 'firmware-7', devices: ['unknown'] })
    await page.goto('/deployments')
    const row = (name: string) =>
      page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
    await row('kiosks').getByText('0 of 2 devices ended').waitFor()
    await row('gateways').getByText('0 of 1 device ended').waitFor()
    await fleet[20]?.next({ artifact_name: 'other', device_type: 'qemux86-64' })
    await fleet[20]?.report(running, 'failure')
    await row('kiosks').getByText('1 of 2 devices ended, 1 failed').waitFor()
    await page.getByText('Aborted', { exact: true }).first().click()
    await row('to be stopped').waitFor()
    await row('kiosks').waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).toBe('?state=aborted')
    await page.getByLabel('Search by name or release').fill('nothing like it')
    await page.getByRole('button', { name: 'Show all deployments' }).click()
    await page.getByLabel('Search by name or release').fill('FIRMWARE')
    await row('gateways').waitFor()
    await row('kiosks').waitFor({ state: 'detached' })
    await page.reload()
    expect(await page.getByLabel('Search by name or release').inputValue()).toBe('FIRMWARE')
  })

  test('every page is readable at any width, light and dark', async () => {
    const [last] = (await tenant.api.get(`${V1}?state=running&search=eu-fleet`)).body
    const paths = {
      list: '/deployments',
      report: `/deployments/${last.id}`,
      new: '/deployments/new?release=release-2.0',
    }
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(path)
      if (name !== 'new') await page.getByText('release-2.0').first().waitFor()
      if (name === 'new') {
        await choose('Saved filter', 'eu-fleet')
        await page.getByRole('button', { name: '10 %, then the rest' }).click()
        await sentence('2 now, then 18 from').waitFor()
      }
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        for (const width of [360, 768, 1440]) {
          await page.setViewportSize({ width, height: 900 })
          await expectNoSidewaysScroll(page)
          if (width !== 768) await screenshot(page, `deployments-${name}-${width}-${scheme}`)
        }
        await expectAccessible(page)
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    expect(browser.complaints).toEqual([])
  })

  test('who may only read sees how it goes, and no way to create or abort', async () => {
    const reader = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    const [last] = (await tenant.api.get(`${V1}?state=running`)).body
    await using other = await openBrowser(server.url)
    await signIn(other.page, reader, '/deployments')
    await other.page.getByRole('link', { name: 'kiosks' }).waitFor()
    expect(await other.page.getByRole('link', { name: 'New deployment' }).count()).toBe(0)
    await other.page.goto(`/deployments/${last.id}`)
    await other.page.getByRole('heading', { name: 'What and to whom' }).waitFor()
    expect(await other.page.getByRole('button', { name: 'Abort deployment' }).count()).toBe(0)
    await other.page.goto('/deployments/new')
    await other.page.getByText('Your role does not deploy').waitFor()
    expect(other.complaints).toEqual([])
  })

  test('what the plan lacks is said at its control', async () => {
    const small = await server.tenant('os')
    await uploadTestArtifact(small.api, { name: 'release-2.0' })
    const [device] = await enrol(server, small, 1)
    await using other = await openBrowser(server.url)
    await signIn(other.page, small, `/deployments/new?release=release-2.0&device=${device?.id}`)
    await other.page.getByText('Deploying to a filter is not in your plan (os).').waitFor()
    expect(await other.page.getByLabel('Attempts').isDisabled()).toBe(true)
    expect(await other.page.getByRole('button', { name: '10 %, then the rest' }).isDisabled()).toBe(true)
    await other.page.getByText('release-2.0 to 1 chosen device: 1 now.').waitFor()
    await other.page.getByRole('button', { name: 'Deploy to 1 device' }).click()
    await other.page.getByRole('heading', { name: 'What and to whom' }).waitFor()
  })
})

const FORMAT = new Intl.DateTimeFormat('en-GB', {
  ...({
    timeZone: 'Europe/Berlin',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  } as const),
})
const inBerlin = (at: string) => FORMAT.format(new Date(at))

/** Each that is given the deployment goes through it. */
async function work(fleet: readonly SimulatedDevice[], id: string, fails: (i: number) => boolean) {
  for (const [i, device] of fleet.entries()) {
    const artifact_name = i >= 15 && i < 18 ? 'release-2.0' : 'factory'
    const { status } = await device.next({ artifact_name, device_type: i >= 18 && i < 20 ? 'mips' : 'qemux86-64' })
    if (status !== 200) continue
    await device.report(id, fails(i) ? 'failure' : 'success')
    if (fails(i)) await device.sendLog(id, ['no space left on device'])
  }
}
