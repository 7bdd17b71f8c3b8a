import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { expectAccessible, HAS_BROWSER, openBrowser, screenshot, signIn } from '../support/browser.ts'
import { show, statistics } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { choose, installAll, openRollout, type Rollout, shown } from '../support/rollout.ts'

const HOUR_MS = 3_600_000

describe.skipIf(!HAS_BROWSER)('a new deployment in the browser', () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await openRollout()
  })
  afterAll(() => rollout[Symbol.asyncDispose]())

  test('the page shows the next step if there are no releases', async () => {
    const { page } = rollout
    await page.getByRole('heading', { name: 'No deployments yet' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'New deployment' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'New deployment' }).waitFor()
  })

  test('invalid input is shown at its field, and all input is kept, even after visiting another page', async () => {
    const { page } = rollout
    await page.getByRole('button', { name: /^Deploy/ }).click()
    await page.getByText('Choose a release.').waitFor()
    await page.getByText('Choose the target devices.').waitFor()
    await page.getByRole('combobox', { name: 'Release' }).fill('release')
    await page.getByRole('option', { name: /release-2.0.*qemux86-64/s }).click()
    await choose(page, 'Saved filter', 'eu-fleet')
    await shown(page, 'release-2.0 to 20 devices matching eu-fleet', 'all now').waitFor()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('release-2.0 to eu-fleet')

    await page.getByLabel(/^Name/).fill('')
    await page
      .getByText(/name.*blank|cannot be blank|must NOT/i)
      .first()
      .waitFor()
    await page.getByLabel(/^Name/).fill('spring rollout')
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByLabel('Phase 1: percent').fill('1')
    await page.getByText('Phase 1 would have no devices: increase its percentage.').waitFor()
    await page.getByLabel('Phase 1: percent').fill('95')
    await page.getByText(/add up to more than 100/).waitFor()
    await page.getByLabel('Phase 1: percent').fill('10')
    await page.getByLabel('Phase 2: delay').fill('')
    await page.getByText(/may leave it out/).waitFor()
    await page.getByLabel('Phase 2: delay').fill('9999999999999')
    await page.getByText(/may leave it out/).waitFor()
    await page.getByLabel('Phase 2: delay').fill('2')
    await page.getByLabel('Attempts').fill('5000')
    await page.getByText('Enter 1 to 1,001 attempts.').waitFor()
    await page.getByLabel('Attempts').fill('0')
    await page.getByText('Enter 1 to 1,001 attempts.').waitFor()
    await page.getByLabel('Attempts').fill('3')
    await expectAccessible(page)

    await page.getByRole('link', { name: 'Releases', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Releases' }).waitFor()
    await page.goto('/deployments/new')
    await page.getByText('You started this deployment earlier.').waitFor()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('spring rollout')
    expect(await page.getByLabel('Phase 1: percent').inputValue()).toBe('10 %')
    await page.getByRole('button', { name: 'Start over' }).click()
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('')
  })

  test('a draft started with “Deploy this release” is kept after leaving, by the menu and by going back', async () => {
    const { page } = rollout
    const release = () => page.getByRole('combobox', { name: 'Release' }).inputValue()
    const leave = async () => {
      await page.getByRole('link', { name: 'Devices', exact: true }).click()
      await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor()
    }
    await page.goto('/releases/release-2.0')
    await page.getByRole('link', { name: 'Deploy this release' }).click()
    await expect.poll(release).toBe('release-2.0')
    await leave()
    await page.goto('/deployments/new')
    await page.getByText('You started this deployment earlier.').waitFor()
    expect(await release()).toBe('release-2.0')

    await page.goto('/releases/release-2.0')
    await page.getByRole('link', { name: 'Deploy this release' }).click()
    await page.getByLabel(/^Name/).fill('by the way back')
    await leave()
    await page.goBack()
    await page.getByText('You started this deployment earlier.').waitFor()
    expect([await release(), await page.getByLabel(/^Name/).inputValue()]).toEqual(['release-2.0', 'by the way back'])

    await page.goto('/deployments/new?release=firmware-7')
    await expect.poll(release).toBe('firmware-7')
    expect(await page.getByText('You started this deployment earlier.').count()).toBe(0)
    await page.getByLabel(/^Name/).fill('edited')
    await page.reload()
    await page.getByText('You started this deployment earlier.').waitFor()
    await page.getByRole('button', { name: 'Start over' }).click()
    expect([await release(), await page.getByLabel(/^Name/).inputValue()]).toEqual(['firmware-7', 'firmware-7'])
    await page.goto('/deployments/new')
    expect(await page.getByLabel(/^Name/).inputValue()).toBe('')
  })

  test('creation does what the preview shows, and three phases are displayed up to the end', async () => {
    const { server, tenant, fleet, page } = rollout
    await page.goto('/deployments/new?release=release-2.0')
    await choose(page, 'Saved filter', 'eu-fleet')
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByRole('button', { name: 'Add phase' }).click()
    await page.getByLabel('Phase 1: percent').fill('10')
    await page.getByLabel('Phase 2: percent').fill('40')
    await page.getByLabel('Phase 2: delay').fill('2')
    await page.getByLabel('Phase 3: delay').fill('3')
    const preview = shown(
      page,
      'release-2.0 to 20 devices matching eu-fleet',
      '2 now, then 8 from',
      'then 10 from',
      '2 have no artifact, 3 already run it.',
    )
    await preview.waitFor()
    const times = ((await preview.textContent()) ?? '').match(/\d+ \w+ \d{4}, \d\d:\d\d/g)
    await expectAccessible(page)
    await screenshot(page, 'new-deployment-1280')
    await page.getByRole('button', { name: 'Deploy to 20 devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2.0 to eu-fleet' }).waitFor()

    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const { phases, initial_device_count } = await show(tenant.api, id)
    expect(initial_device_count).toBe(20)
    expect(phases.map(({ capacity }: { capacity?: number }) => capacity)).toEqual([2, 8, undefined])
    const opened = phases.slice(1).map(({ start_ts }: { start_ts: string }) => inBerlin(start_ts))
    expect(times).toEqual(opened)

    const phase = (i: number) => page.getByRole('listitem', { name: `Phase ${i}` })
    await installAll(fleet, id, (i) => i === 1)
    expect(await statistics(tenant.api, id)).toEqual({ success: 1, failure: 1 })
    await phase(1).getByText('2 of 2 started · 1 updated · 1 failed').waitFor()
    await page.getByText('0 of 8 started').waitFor()
    await page.getByRole('button', { name: '1 Failed' }).waitFor()

    server.advance(2.5 * HOUR_MS)
    await installAll(fleet, id, () => false)
    await phase(2)
      .getByText(/^8 of 8 started · /)
      .waitFor()
    server.advance(3 * HOUR_MS)
    await installAll(fleet, id, () => false)
    await phase(3)
      .getByText(/^10 started · .* · no limit$/)
      .waitFor()
    expect(await statistics(tenant.api, id)).toEqual({
      ...{ success: 14, failure: 1, noartifact: 2, 'already-installed': 3 },
    })
    await page.getByRole('button', { name: '14 Updated' }).waitFor()
  })

  test('a failed device is listed first, with its log', async () => {
    const { fleet, page } = rollout
    const rows = page.getByRole('table', { name: 'Devices' }).getByRole('row')
    await rows.nth(1).getByText('Failed').filter({ visible: true }).waitFor()
    await rows
      .nth(1)
      .getByRole('link', { name: fleet[1]?.identity.mac ?? '' })
      .waitFor()
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

  test('the page explains why a device is not updated', async () => {
    const { fleet, page } = rollout
    await page.getByRole('combobox', { name: 'Device' }).fill(fleet[21]?.id ?? '')
    await page.getByRole('option', { name: fleet[21]?.identity.mac ?? '' }).click()
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText(/inventory\/region is eu, but the device has us/).waitFor()
  })

  test('every kind of target is previewed and created correctly', async () => {
    const { tenant, fleet, page } = rollout
    const [first] = fleet
    await tenant.api.put(`/api/management/v1/inventory/devices/${fleet[2]?.id}/group`, { group: 'lab' })
    await page.goto('/deployments/new?release=release-2.0')
    await choose(page, 'Saved filter', 'eu-fleet')
    const kind = page.getByRole('radiogroup', { name: 'Target devices' })
    await page.getByLabel('Device limit').fill('5')
    await shown(
      page,
      '20 devices matching eu-fleet, plus any that match later: 5 now',
      'Stops after 5 devices.',
    ).waitFor()
    await page.getByRole('button', { name: 'Deploy to 5 devices' }).waitFor()
    await kind.getByText('All', { exact: true }).click()
    await shown(page, 'release-2.0 to all 22 devices: all now').waitFor()
    await kind.getByText('Devices', { exact: true }).click()
    await page.getByRole('combobox', { name: 'Devices' }).fill(first?.identity.mac ?? '')
    await page.getByRole('option', { name: first?.identity.mac ?? '' }).click()
    await shown(page, 'release-2.0 to 1 selected device: 1 now').waitFor()
    await kind.getByText('Group', { exact: true }).click()
    await choose(page, 'Group', 'lab')
    await shown(page, 'release-2.0 to 1 device in group lab: 1 now').waitFor()
    await page.getByRole('button', { name: 'Deploy to 1 device' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2.0 to lab' }).waitFor()
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    expect(await show(tenant.api, id)).toMatchObject({ groups: ['lab'], dynamic: false, max_devices: 1 })
  })

  test('a feature that the plan lacks is explained at its control', async () => {
    const { server } = rollout
    const small = await server.tenant('os')
    await uploadTestArtifact(small.api, { name: 'release-2.0' })
    const [device] = await enrol(server, small, 1)
    await using other = await openBrowser(server.url)
    await signIn(other.page, small, `/deployments/new?release=release-2.0&device=${device?.id}`)
    await other.page.getByText('Your plan (os) does not include deployments to a filter.').waitFor()
    expect(await other.page.getByLabel('Attempts').isDisabled()).toBe(true)
    await other.page.getByText('Your plan (os) does not include phased deployments.').waitFor()
    expect(await other.page.getByRole('button', { name: 'Add phase' }).count()).toBe(0)
    await other.page.getByText('release-2.0 to 1 selected device: 1 now.').waitFor()
    await other.page.getByRole('button', { name: 'Deploy to 1 device' }).click()
    await other.page.getByRole('heading', { name: 'Details' }).waitFor()
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
