import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runUpdate } from '../../src/simulate/run-update.ts'
import { type Provides, type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import { writeScriptArtifact } from '../clients/mender-artifact.ts'
import { isInstalled } from '../clients/programs.ts'
import {
  expectAccessible,
  expectNoSidewaysScroll,
  HAS_BROWSER,
  screenshot,
  signIn,
  useBrowser,
} from '../support/browser.ts'
import { useServer } from '../support/fixtures.ts'
import { choose, shown } from '../support/rollout.ts'
import { SAMPLED, sample } from '../support/sample.ts'

const ADMINISTRATOR = { email: 'admin@example.com', password: 'administrator' }
const HOUR_MS = 3_600_000
const FLEET = 60
const IN_EUROPE = 40
const FAILS = 'b8:27:eb:00:00:03'
const WIDTHS = [360, 768, 1440, 2560]

describe.skipIf(!HAS_BROWSER || !isInstalled('mender-artifact'))('from the first login to a finished rollout', () => {
  const server = useServer()
  const browser = useBrowser(server, { width: 1440 })
  let dir: string
  let page: Page
  let fleet: { device: SimulatedDevice; provides: Provides; region: string }[]
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'muster-story-'))
    page = browser.page
    fleet = Array.from({ length: FLEET }, (_, i) => ({
      device: simulateDevice({ url: server.url, identity: { mac: macOf(i) } }),
      provides: { artifact_name: i % 4 === 3 ? 'firmware-2.2' : 'firmware-2.3', device_type: 'raspberrypi4' },
      region: i < IN_EUROPE ? 'eu' : 'us',
    }))
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click()
  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
  const dialog = () => page.getByRole('dialog')

  /** Every device polls once, and installs what it is offered. */
  async function poll(fails: (mac: string) => boolean = () => false) {
    for (const { device, provides, region } of fleet) {
      const mac = device.identity.mac ?? ''
      const outcome = await runUpdate(device, { provides, fails: () => fails(mac), call: 'post_v2' })
      if (outcome === 'success') await device.sendInventory({ ...provides, region })
    }
  }

  test('the first login shows what to do first', async () => {
    await signIn(page, ADMINISTRATOR)
    await page.getByRole('link', { name: 'Upload a release' }).waitFor()
    await expectAccessible(page)
  })

  test('a release written by mender-artifact is uploaded', async () => {
    await go('Releases')
    await page.getByRole('button', { name: 'Upload', exact: true }).first().click()
    const file = await writeScriptArtifact(dir, 'firmware-2.4', '#!/bin/sh\necho done\n')
    await dialog().locator('input[type=file]').setInputFiles(file)
    await dialog().getByRole('button', { name: 'Upload 1 file' }).click()
    await dialog().getByText('Uploaded and verified').waitFor()
    await dialog().getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'firmware-2.4' }).waitFor()
  })

  test('sixty pending devices are accepted at once', async () => {
    for (const { device } of fleet) await device.requestAuth()
    await go('Devices')
    await page
      .getByText(/^Pending/)
      .first()
      .click()
    await page.getByRole('button', { name: `Accept all ${FLEET}` }).click()
    await dialog()
      .getByRole('button', { name: `Accept ${FLEET} devices` })
      .click()
    await dialog().getByText(`${FLEET} devices accepted.`).waitFor()
    await dialog().getByRole('button', { name: 'Done' }).click()
    for (const { device, provides, region } of fleet) {
      expect((await device.requestAuth()).status).toBe(200)
      await device.sendInventory({ ...provides, region })
    }
  })

  test('the devices in Europe are found, and the search is saved as a filter', async () => {
    await page.goto('/devices')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    const condition = page.getByRole('group', { name: 'Condition 1' })
    await condition.getByRole('combobox', { name: 'Attribute' }).fill('inventory/region')
    await condition.getByRole('combobox', { name: 'Value' }).fill('eu')
    await page.getByText(`${IN_EUROPE} accepted devices match`).waitFor()
    await page.getByRole('textbox', { name: 'Filter name' }).fill('europe')
    await page.getByRole('button', { name: 'Save filter' }).click()
    await page.getByRole('button', { name: 'Delete filter' }).waitFor()
  })

  test('a deployment in three phases is planned on one page, with numbers, and started', async () => {
    await go('Deployments')
    await page.getByRole('link', { name: 'New deployment' }).first().click()
    await page.getByRole('combobox', { name: 'Release' }).fill('firmware')
    await page.getByRole('option', { name: /firmware-2\.4/ }).click()
    await choose(page, 'Saved filter', 'europe')
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByLabel('Phase 1: percent').fill('10')
    await page.getByLabel('Phase 2: percent').fill('30')
    await page.getByLabel('Phase 2: delay').fill('2')
    await page.getByLabel('Phase 3: delay').fill('4')
    await page.getByLabel('Device limit').fill(String(IN_EUROPE))
    await shown(page, 'firmware-2.4 to 40 devices matching europe', '4 now, then 12 from', 'then 24 from').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'story-plan')
    await page.getByRole('button', { name: 'Deploy to 40 devices' }).click()
    await heading('firmware-2.4 to europe')
  })

  test('the deployment is shown live through its phases up to the end', async () => {
    const phase = (i: number) => page.getByRole('listitem', { name: `Phase ${i}` })
    await poll((mac) => mac === FAILS)
    await phase(1).getByText('4 of 4 started · 3 updated · 1 failed').waitFor()
    server.advance(2.5 * HOUR_MS)
    await poll()
    await phase(2).getByText('12 of 12 started · 12 updated').waitFor()
    await page.getByText(/^Live/).waitFor()
    await page.getByRole('button', { name: '15 Updated' }).waitFor()
    await phase(2).getByText('open since').waitFor()
    await page.getByText('1–16 of 16').waitFor()
    await screenshot(page, 'story-report', { fullPage: false })
    await go('Overview')
    await page.getByText('1 of 16 devices failed (6 %).').waitFor()
    await screenshot(page, 'story-overview', { fullPage: false })
    await page.getByRole('link', { name: 'firmware-2.4 to europe' }).first().click()
    await heading('firmware-2.4 to europe')
    server.advance(4.5 * HOUR_MS)
    await poll()
    await page.getByText('Finished', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: '39 Updated' }).waitFor()
  })

  test('the failed device is listed first, and its log shows why', async () => {
    const row = page.getByRole('table', { name: 'Devices' }).getByRole('row').nth(1)
    await row.getByText(FAILS).waitFor()
    await row.getByRole('button', { name: /Details/ }).click()
    await page
      .getByRole('region', { name: 'Log' })
      .getByText(/no space left on device/)
      .waitFor()
  })

  test('another deployment is aborted while devices install it, with the stated consequences', async () => {
    await page.goto('/deployments/new?release=firmware-2.4')
    await page.getByText('All', { exact: true }).click()
    await page.getByText('Force installation, also on devices that already run the release').click()
    await page.getByRole('button', { name: `Deploy to ${FLEET} devices` }).click()
    await heading('firmware-2.4 to all devices')
    for (const { device, provides } of fleet.slice(0, 5)) {
      const { body } = await device.next(provides, 'post_v2')
      await device.report(body.id, 'installing')
    }
    await page.getByRole('button', { name: '5 Installing' }).waitFor()
    await page.getByRole('button', { name: 'Abort deployment' }).click()
    await dialog().getByText('5 devices in progress will be stopped.').waitFor()
    await dialog().getByText('55 devices not started yet will not be offered this update.').waitFor()
    await dialog().getByRole('button', { name: 'Abort deployment' }).click()
    await page.getByText('This deployment was aborted').waitFor()
    await poll()
    await go('Devices')
    expect(fleet.filter(({ provides }) => provides.artifact_name === 'firmware-2.4')).toHaveLength(IN_EUROPE - 1)
  })

  test(`every page fits every width, in light and dark mode (${SAMPLED})`, { timeout: 360_000 }, async () => {
    await page.goto('/deployments')
    await page.getByRole('link', { name: 'firmware-2.4 to europe' }).click()
    await heading('firmware-2.4 to europe')
    const report = new URL(page.url()).pathname
    await page.getByRole('table', { name: 'Devices' }).getByRole('link', { name: FAILS }).click()
    await heading(FAILS)
    const paths = {
      ...{ overview: '/', devices: '/devices', device: new URL(page.url()).pathname, releases: '/releases' },
      ...{ release: '/releases/firmware-2.4', deployments: '/deployments', report, new: '/deployments/new' },
      ...{
        account: '/settings/account',
        users: '/settings/users',
        log: '/settings/audit-log',
        missing: '/devices/none',
      },
    }
    // Each file of test/web looks at its pages in CI.
    for (const [i, [name, path]] of sample([...Object.entries(paths).entries()], { of: 2, offset: 0 })) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        await page.emulateMedia({ colorScheme: width % 720 === 0 ? 'dark' : 'light' })
        await expectNoSidewaysScroll(page)
        await screenshot(page, `sweep-${name}-${width}`, { fullPage: false })
      }
      for (const colorScheme of sample(['light', 'dark'] as const, { of: 2, offset: i >> 1 })) {
        await page.emulateMedia({ colorScheme })
        await expectAccessible(page)
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  test('the browser reported no errors and no requests to other hosts', () => {
    expect(browser.problems).toEqual([])
  })
})

const macOf = (i: number) => `b8:27:eb:00:00:${(i + 1).toString(16).padStart(2, '0')}`
