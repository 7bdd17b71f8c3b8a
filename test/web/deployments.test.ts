import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import {
  expectAccessible,
  expectNoSidewaysScroll,
  HAS_BROWSER,
  openBrowser,
  screenshot,
  signIn,
} from '../support/browser.ts'
import { deploy, inventoryTerm, poll, saveFilter, statistics, V1, V2 } from '../support/deploy.ts'
import { choose, installAll, openRollout, type Rollout, shown } from '../support/rollout.ts'
import { sample } from '../support/sample.ts'
import { addUser } from '../support/users.ts'

describe.skipIf(!HAS_BROWSER)('deployments in the browser', () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await openRollout()
  })
  afterAll(() => rollout[Symbol.asyncDispose]())

  test('aborting first states its consequences in numbers, and they are correct', async () => {
    const { tenant, fleet, page } = rollout
    const devices = fleet.slice(0, 15).map((device) => device.id)
    const id = await deploy(tenant.api, {
      name: 'to be stopped',
      artifact_name: 'release-2.0',
      devices,
      force_installation: true,
    })
    for (const device of fleet.slice(0, 5)) await poll(device)
    for (const device of fleet.slice(0, 2)) await device.report(id, 'success')
    await fleet[2]?.report(id, 'installing')
    await page.goto(`/deployments/${id}`)
    await page.getByRole('button', { name: 'Abort deployment' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('3 devices in progress will be stopped.').waitFor()
    await dialog.getByText('10 devices not started yet will not be offered this update.').waitFor()
    await dialog.getByText('2 devices already finished will not change.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'abort')
    await dialog.getByRole('button', { name: 'Abort deployment' }).click()
    await page.getByText('This deployment was aborted').waitFor()
    await page.getByText(/3 devices in progress were stopped, 2 had been updated, 0 had failed/).waitFor()
    expect(await statistics(tenant.api, id)).toEqual({ success: 2, aborted: 3 })
    expect((await fleet[2]?.report(id, 'success'))?.status).toBe(409)
    await expect.poll(() => page.getByRole('button', { name: 'Abort deployment' }).count()).toBe(0)
  })

  test('says which devices are pinned, and which are paused where, which continue one by one or all', async () => {
    const { server, tenant, fleet, page } = rollout
    const [first, second, third] = fleet.slice(15, 18) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    const devices = [first, second, third].map((device) => device.id)
    const states = { ArtifactInstall_Enter: { action: 'pause' }, ArtifactReboot_Enter: { action: 'pause' } }
    const target = { name: 'with a map', artifact_name: 'release-2.0', devices, force_installation: true }
    const id = await deploy(tenant.api, { ...target, update_control_map: { states } })
    for (const device of [first, second]) {
      await poll(device)
      await device.report(id, 'pause_before_installing')
    }
    const pausesOf = async ({ token }: SimulatedDevice) => {
      const path = `/api/devices/v2/deployments/device/deployments/${id}/update_control_map`
      const { update_control_map } = (await openApi(server.url, token).get(path)).body
      const found = Object.entries<{ action: string }>(update_control_map.states)
      return found.flatMap(([state, { action }]) => (action === 'pause' ? [state] : [])).sort()
    }
    await tenant.api.put(`${V2}/devices/${third.id}/pin`, { reason: 'on the stand' })
    await page.goto(`/deployments/${id}`)
    await page.getByText('1 device is pinned, and gets no update').waitFor()
    await page.getByText(`${third.identity.mac} until the pin is removed: on the stand`).waitFor()
    const paused = page.getByRole('alert').filter({ hasText: 'Paused by the update control map' })
    await paused.getByText('2 devices wait before installing.').waitFor()
    await page.getByRole('button', { name: `Details of ${first.identity.mac}` }).click()
    const one = page.getByRole('button', { name: 'Continue this device' })
    await one.click()
    await page.getByText('It goes on once it asks for its control map').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'deployment-paused-by-map')
    expect(await pausesOf(first)).toEqual(['ArtifactReboot_Enter'])
    expect(await pausesOf(second)).toEqual(Object.keys(states))
    await first.report(id, 'pause_before_rebooting')
    await paused.getByText('1 device waits before restarting.').waitFor()
    await expect.poll(() => one.isEnabled()).toBe(true)

    await paused.getByRole('button', { name: 'Continue' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Continue 1 device?' })
    await dialog.getByText('Those that get this far later do not wait before installing either.').waitFor()
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await paused.getByText('They continue once they ask for the new map.').waitFor()
    for (const device of [first, second]) expect(await pausesOf(device)).toEqual(['ArtifactReboot_Enter'])
    await tenant.api.delete(`${V2}/devices/${third.id}/pin`)
    await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
  })

  test('aborting a deployment with a device limit states how many more devices could have started', async () => {
    const { tenant, page } = rollout
    const filter_id = await saveFilter(tenant.api, inventoryTerm('nobody', 'here'))
    const release = { artifact_name: 'release-2.0', filter_id }
    const open = async (name: string, max_devices: object) => {
      const id = await deploy(tenant.api, { name, ...release, ...max_devices })
      await page.goto(`/deployments/${id}`)
      await page.getByRole('button', { name: 'Abort deployment' }).click()
    }
    await open('limited', { max_devices: 30 })
    await page.getByRole('dialog').getByText('up to 30 more could have started.').waitFor()
    await open('unlimited', {})
    await page.getByRole('dialog').getByText('No other devices will be offered this update.').waitFor()
  })

  test('the list shows live progress, and has its filters by status and text in the URL', async () => {
    const { tenant, fleet, page } = rollout
    const running = await deploy(tenant.api, {
      name: 'kiosks',
      artifact_name: 'release-2.0',
      devices: [fleet[20]!.id, fleet[21]!.id],
    })
    await deploy(tenant.api, { name: 'gateways', artifact_name: 'firmware-7', devices: ['unknown'] })
    await page.goto('/deployments')
    const row = (name: string) =>
      page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
    await row('kiosks').getByText('0 of 2 started').waitFor()
    await row('gateways').getByText('0 of 1 started').waitFor()
    await fleet[20]?.next({ artifact_name: 'other', device_type: 'qemux86-64' })
    await fleet[20]?.report(running, 'failure')
    await row('kiosks')
      .getByText(/^[12] of 2 started · 1 failed/)
      .waitFor()
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

  test('changes arrive by the event stream, without polling', async () => {
    const { tenant, fleet, page } = rollout
    const devices = [fleet[18]!.id, fleet[19]!.id]
    const id = await deploy(tenant.api, {
      name: 'screens',
      artifact_name: 'release-2.0',
      devices,
      force_installation: true,
    })
    for (const device of fleet.slice(18, 20)) await device.next({ artifact_name: 'other', device_type: 'qemux86-64' })
    const opened = page.waitForResponse(/deployments\/events$/)
    await page.goto(`/deployments/${id}`)
    await page.getByRole('button', { name: '2 Pending' }).waitFor()
    expect((await opened).status()).toBe(200)
    // The page reads the deployment once more after the stream has opened: what is asked for now is not answered.
    await page.route(
      ({ pathname }) => pathname.endsWith(id),
      () => {},
    )
    await fleet[18]?.report(id, 'downloading')
    await page.getByRole('button', { name: '1 Downloading' }).waitFor()
    await page.getByText(/^Live/).waitFor()
    await page.unrouteAll()
  })

  test('a response that was read before an event, and arrives after it, does not stay', async () => {
    const { tenant, fleet, page: shared } = rollout
    const [device] = fleet as [SimulatedDevice]
    const target = { name: 'late', artifact_name: 'release-2.0', devices: [device.id], force_installation: true }
    const id = await deploy(tenant.api, target)
    await poll(device)
    const page = await shared.context().newPage()
    await page.addInitScript(`
      const { addEventListener } = EventSource.prototype
      EventSource.prototype.addEventListener = function (...listener) {
        addEventListener.call(this, 'deployment', () => document.documentElement.setAttribute('data-event', ''))
        addEventListener.apply(this, listener)
      }`)
    const isHeld = ({ pathname }: URL) => pathname.endsWith(`/deployments/deployments/${id}`)
    const held: (() => Promise<void>)[] = []
    let isHolding = true
    await page.route(isHeld, async (route) => {
      const response = await route.fetch()
      if (isHolding) held.push(() => route.fulfill({ response }))
      else await route.fulfill({ response })
    })
    await page.goto(`/deployments/${id}`)
    await expect.poll(() => held.length).toBeGreaterThan(0)
    await device.report(id, 'downloading')
    await page.locator('html[data-event]').waitFor({ state: 'attached' })
    // Longer than the page collects changes before it reads what they concern.
    await page.waitForTimeout(3000)
    isHolding = false
    await Promise.all(held.map((arrive) => arrive()))
    await page.getByRole('button', { name: '1 Downloading' }).waitFor()
    await page.close()
  })

  test('the page polls if the event stream is unavailable', async () => {
    const { tenant, page, fleet } = rollout
    const [{ id }] = (await tenant.api.get(`${V1}?search=screens`)).body
    await page.route(/deployments\/events$/, (route) => route.fulfill({ status: 404 }))
    await page.goto(`/deployments/${id}`)
    await page.getByRole('button', { name: '1 Downloading' }).waitFor()
    await fleet[18]?.report(id, 'success')
    await page.getByRole('button', { name: '1 Updated' }).waitFor()
    await fleet[19]?.report(id, 'success')
    await page.getByText('Finished', { exact: true }).waitFor()
    await page.unroute(/deployments\/events$/)
  })

  test('every page is readable at any width, in light and dark mode', async () => {
    const { tenant, fleet, filter_id, browser, page } = rollout
    const start_ts = new Date(Date.now() + 48 * 3_600_000).toISOString()
    const phases = [{ batch_size: 40 }, { start_ts }]
    const id = await deploy(tenant.api, {
      name: 'rollout',
      artifact_name: 'release-2.0',
      filter_id,
      phases,
      retries: 2,
    })
    await installAll(fleet, id, (i) => i === 1)
    const paths = {
      list: '/deployments',
      report: `/deployments/${id}`,
      new: '/deployments/new?release=release-2.0',
    }
    for (const [i, [name, path]] of Object.entries(paths).entries()) {
      await page.goto(path)
      if (name !== 'new') await page.getByText('release-2.0').first().waitFor()
      if (name === 'new') {
        await choose(page, 'Saved filter', 'eu-fleet')
        await page.getByRole('button', { name: 'Add phase' }).click()
        await shown(page, '2 now, then 18 from').waitFor()
      }
      for (const scheme of sample(['light', 'dark'] as const, { of: 2, offset: i })) {
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
    expect(browser.problems).toEqual([])
  })

  test('a user with read access sees the progress, and no buttons to create or abort', async () => {
    const { server, tenant } = rollout
    const reader = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    const [last] = (await tenant.api.get(`${V1}?state=running`)).body
    await using other = await openBrowser(server.url)
    await signIn(other.page, reader, '/deployments')
    await other.page.getByRole('link', { name: 'kiosks' }).waitFor()
    await expect.poll(() => other.page.getByRole('link', { name: 'New deployment' }).count()).toBe(0)
    await other.page.goto(`/deployments/${last.id}`)
    await other.page.getByRole('heading', { name: 'Details' }).waitFor()
    await expect.poll(() => other.page.getByRole('button', { name: 'Abort deployment' }).count()).toBe(0)
    await other.page.goto('/deployments/new')
    await other.page.getByText('You cannot create deployments').waitFor()
    expect(other.problems).toEqual([])
  })
})
