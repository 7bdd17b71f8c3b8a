import { gzipSync } from 'node:zlib'
import type { Page, Response } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { noteQuiet } from '../../src/deployments/upkeep/note-quiet.ts'
import { sampleFleets } from '../../src/inventory/devices/sample-fleet.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authOf } from '../support/auth.ts'
import { expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { deploy, inventoryTerm, pollInTurn, reportAll, saveFilter } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestServer, TestTenant } from '../support/server.ts'

const DAY = 24 * 60 * 60 * 1000
const MOST_CALLS = 6
const MOST_SCRIPT = 200_000

describe.skipIf(!HAS_BROWSER)('the overview', () => {
  const server = useServer()
  const browser = useBrowser(server, { width: 1440 })
  let page: Page
  beforeAll(() => {
    page = browser.page
  })

  const section = (name: string) => page.getByRole('region', { name, exact: true })

  test('guides the user of a fresh server to the first update, step by step', async () => {
    const tenant = await server.tenant()
    await signIn(page, tenant)
    const steps = section('First steps')
    await steps.getByText(`--tenant-token ${tenant.tenant_token}`).waitFor()
    await steps.getByText(`--server-url ${server.url}`).waitFor()
    await steps.getByRole('link', { name: 'Upload a release' }).waitFor()
    await expectGoodLooks(page, 'overview-fresh')

    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    await authOf(server, tenant).waiting()
    await page.reload()
    await steps.getByText('Upload a release · done').waitFor()
    expect(await steps.getByRole('link', { name: 'View pending devices' }).getAttribute('href')).toBe(
      '/devices?status=pending',
    )
    const [device] = await enrol(server, tenant, 1)
    await page.reload()
    await steps.getByText('Connect a device · done').waitFor()
    await deploy(tenant.api, { devices: [device!.id] })
    await steps.waitFor({ state: 'detached' })
    await section('Running deployments').getByRole('link', { name: 'production' }).waitFor()
  })

  test('shows the fleet in numbers, running deployments, and what needs attention', async () => {
    const tenant = await server.tenant()
    const world = await makeFleet(server, tenant)
    await browser.context.clearCookies()
    await signIn(page, tenant)
    const devices = section('Devices')
    expect(await devices.getByRole('link', { name: '12 Accepted' }).getAttribute('href')).toBe(
      '/devices?status=accepted',
    )
    await devices.getByRole('link', { name: '2 Pending' }).waitFor()
    const software = section('Software').getByRole('listitem')
    expect(await software.allTextContents()).toEqual(['release-09 · 75 %', 'factory3 · 25 %'])
    await section('Software').getByRole('link', { name: 'factory' }).click()
    await page.getByText('3 accepted devices match').waitFor()
    await expect.poll(() => page.getByRole('row').count()).toBe(1 + 3)
    await page.goBack()
    await expect
      .poll(() => section('Last seen').getByRole('listitem').first().textContent())
      .toBe('Within the last hour12 · 100 %')
    const attention = section('Needs attention')
    await attention.getByText('2 of 5 devices failed (40 %).').waitFor()
    expect(await attention.getByRole('link', { name: 'shaky' }).getAttribute('href')).toBe(
      `/deployments/${world.shaky}`,
    )
    await attention.getByRole('link', { name: '2 devices waiting to be accepted' }).waitFor()
    await section('Running deployments')
      .getByRole('img', { name: /^12 devices: 3 updated, 2 failed/ })
      .waitFor()

    await reportAll(world.rest, world.shaky, 'success')
    await section('Running deployments').getByText('8 of 12 updated · 2 failed').waitFor()
    await expectGoodLooks(page, 'overview')
    expect(browser.problems).toEqual([])
  })

  test('requires few calls and a small script', async () => {
    const calls: string[] = []
    const scripts: Promise<number>[] = []
    const watch = (response: Response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/api/')) calls.push(pathname)
      if (pathname.endsWith('.js')) scripts.push(response.body().then((body) => gzipSync(body).length))
    }
    page.on('response', watch)
    await page.reload()
    await section('Software').getByText('factory').waitFor()
    await section('Running deployments').getByRole('link', { name: 'shaky' }).waitFor()
    page.off('response', watch)
    expect(calls.length).toBeLessThanOrEqual(MOST_CALLS)
    const size = (await Promise.all(scripts)).reduce((sum, one) => sum + one, 0)
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThan(MOST_SCRIPT)
  })

  test('says since when nothing needs attention', async () => {
    const tenant = await server.tenant()
    await enrol(server, tenant, 2)
    await sampleFleets(server.env, new AbortController().signal)
    await noteQuiet(server.env, new AbortController().signal)
    await browser.context.clearCookies()
    await signIn(page, tenant)
    const quiet = section('Needs attention').getByText(/^Nothing needs attention since \d+ \w+ \d{4}, \d\d:\d\d/)
    await quiet.waitFor()
    expect(await quiet.getByRole('time').getAttribute('title')).toContain(' UTC · ')
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await screenshot(page, `overview-quiet-${colorScheme}`, { fullPage: false })
    }
    await authOf(server, tenant).waiting()
    await section('Needs attention').getByRole('link', { name: '1 device waiting to be accepted' }).waitFor()
    expect(await quiet.count()).toBe(0)
  })

  test('lists stuck deployments and silent devices, and how many were seen each day', async () => {
    server.advance(8 * DAY)
    const tenant = await server.tenant()
    await makeFleet(server, tenant)
    await sampleFleets(server.env, new AbortController().signal)
    await browser.context.clearCookies()
    await signIn(page, tenant)
    server.advance(8 * DAY)
    await page.reload()
    const attention = section('Needs attention')
    await attention.getByText(/Stuck: 7 devices not finished, last progress/).waitFor({ timeout: 60_000 })
    await attention.getByRole('link', { name: '12 silent devices' }).waitFor({ timeout: 60_000 })
    const seen = section('Devices seen')
    await seen.getByText('The same as a table').click()
    await expect.poll(() => seen.getByRole('row').nth(1).textContent()).toMatch(/^\d+ \w{3}12$/)
    await seen.locator('.recharts-bar-rectangle').first().waitFor()
  })
})

/** 12 accepted and 2 pending devices; a deployment in which 3 succeeded, 2 failed and 5 of 7 others are in progress. */
async function makeFleet(server: TestServer, tenant: TestTenant) {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const devices = await enrol(server, tenant, 12, (i) => ({
    ...{ foo: 'foo', device_type: 'qemux86-64', artifact_name: i < 3 ? 'factory' : 'release-0' },
  }))
  const auth = authOf(server, tenant)
  await auth.waiting()
  await auth.waiting()
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const shaky = await deploy(tenant.api, { name: 'shaky', filter_id })
  await pollInTurn(devices)
  await reportAll(devices.slice(0, 3), shaky, 'success')
  await reportAll(devices.slice(3, 5), shaky, 'failure')
  const rest = devices.slice(5, 10)
  await reportAll(rest, shaky, 'installing')
  return { shaky, rest }
}
