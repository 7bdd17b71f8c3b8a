import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { superviseRollouts } from '../../src/deployments/upkeep/supervise-rollouts.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import {
  expectAccessible,
  expectGoodLooks,
  HAS_BROWSER,
  openBrowser,
  screenshot,
  signIn,
  useBrowser,
} from '../support/browser.ts'
import { abort, deploy, inventoryTerm, pollInTurn, show, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { choose, shown } from '../support/rollout.ts'
import { addUser, type TestUser } from '../support/users.ts'
import { ROLES } from '../support/world.ts'

const HOUR_MS = 3_600_000
/** How far the bar is from the end of the screen, and from the content before it. */
const NEXT_STEP_PLACE = `(() => {
  const placeOf = (selector) => document.querySelector(selector).getBoundingClientRect()
  const { top, bottom } = placeOf('.next-step')
  return { below: innerHeight - bottom, beside: top - placeOf('.report').bottom }
})()`
const FLEET = 20

describe.skipIf(!HAS_BROWSER)('a rollout that stops itself, in the browser', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server, { width: 1440 })
  let fleet: SimulatedDevice[]
  let approver: TestUser
  let page: Page
  let id: string
  beforeAll(async () => {
    for (const name of ['release-1', 'release-2']) await uploadTestArtifact(tenant.api, { name })
    fleet = await enrol(server, tenant, FLEET, () => ({ device_type: 'qemux86-64', artifact_name: 'release-1' }))
    const filters = '/api/management/v2/inventory/filters'
    await tenant.api.post(filters, { name: 'fleet', terms: [inventoryTerm('device_type', 'qemux86-64')] })
    const role = { name: 'approvers', permission_sets_with_scope: [{ name: 'ApproveDeployments' }] }
    expect((await tenant.api.post(ROLES, role)).status).toBe(201)
    approver = await addUser(server, tenant, ['approvers'])
    page = browser.page
    await signIn(page, tenant, '/deployments/new?release=release-2')
  })

  const dialog = () => page.getByRole('dialog')
  const phase = (number: number, on = page) => on.getByRole('listitem', { name: `Phase ${number}` })
  const nextStep = () => page.getByRole('region', { name: 'Next step' })
  const banner = (title: string, on = page) => on.getByRole('alert', { name: title })
  const report = async (devices: readonly SimulatedDevice[], status: string) => {
    for (const device of devices) expect((await device.report(id, status)).status).toBe(204)
  }
  async function open(path = `/deployments/${id}`) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
  }
  const look = (name: string) => expectGoodLooks(page, `rollout-${name}`)

  test('a recipe is chosen with one click, and the worst case stands beside the button', async () => {
    await choose(page, 'Saved filter', 'fleet')
    await page.getByText('If everything fails, nothing stops it: all 20 devices are touched.').waitFor()
    await page.getByRole('radio', { name: 'Careful' }).click()
    // 1 % of 20 devices is less than a device, but a phase of a recipe has one.
    await shown(
      page,
      '1 now, then 2 after the gate of phase 1, then 10 after the gate of phase 2, then 7 after the gate of phase 3',
    ).waitFor()
    await page.getByText('If everything fails, at most 1 of 20 devices is touched before it stops.').waitFor()
    await look('recipe')
  })

  test('every rule can be added, is a sentence, and counts in the preview', async () => {
    await page.getByRole('radio', { name: 'All at once' }).click()
    const add = async (rule: string) => {
      await page.getByRole('button', { name: 'Add rule' }).click()
      await page.getByRole('menuitem', { name: rule }).click()
      return page.getByRole('group', { name: rule, exact: true })
    }
    const exclusion = await add('Exclusion')
    await page.getByText('Must have filter_id or device_ids').waitFor()
    await exclusion.getByLabel('And these devices').fill(fleet[19]?.identity.mac ?? '')
    await page.getByRole('option', { name: fleet[19]?.identity.mac ?? '' }).click()
    await page.getByText('Excluded: 1 listed device.').waitFor()
    await add('Random order')
    await add('No downgrade')
    await page.getByText('Devices that have a newer version than the release are not updated.').waitFor()
    await add('Rate')
    const confirmation = await add('Confirmation')
    await confirmation.getByLabel('Must poll again within', { exact: true }).fill('2')
    const hours = await add('Hours and days')
    const last_day = new Date(Date.now() + 40 * 24 * HOUR_MS).toISOString().slice(0, 10)
    await hours.getByRole('button', { name: 'Add days without updates' }).click()
    await hours.getByLabel('First day').fill('2026-01-01')
    await hours.getByLabel('Last day').fill('2098-12-31')
    await page.getByText('no device would be offered the update within two years').waitFor()
    await hours.getByLabel('Last day').fill(last_day)
    await choose(page, 'Time zone', 'Europe/Berlin')
    await shown(page, 'Every day, 01:00 to 05:00; not from 1 Jan 2026 to ', '; time zone Europe/Berlin.').waitFor()
    await shown(page, '1 is excluded, 19 are outside their hours now').waitFor()
    await shown(page, 'First offer: ', ', 01:00 CE').waitFor()
    await look('all-rules')
    await page.getByRole('button', { name: 'Deploy to 19 devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2 to fleet' }).waitFor()
    id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    expect(await show(tenant.api, id)).toMatchObject({
      ...{ exclude: { device_ids: [fleet[19]?.id] }, order: 'random', offers_per_minute: 100 },
      ...{
        no_downgrade: true,
        confirm_within_minutes: 120,
        windows: [{ from: '01:00', to: '05:00' }],
        time_zone: 'Europe/Berlin',
      },
      blackouts: [{ from: '2026-01-01', to: last_day }],
    })
    await banner('Waiting for the hours of updates').waitFor()
    await look('window')
    await abort(tenant.api, id)
    await page.goto('/deployments/new?release=release-2')
    await choose(page, 'Saved filter', 'fleet')
  })

  test('its rules can be edited one by one, and each is a sentence', async () => {
    await page.getByRole('radio', { name: 'Normal' }).click()
    await page.getByLabel('Phase 1: percent').fill('50')
    await page.getByText('Edited: no longer exactly as in “Normal”.').waitFor()
    await page.getByRole('button', { name: 'Edit the gate of phase 1' }).click()
    await page.getByLabel('Must succeed').fill('60')
    await choose(page, 'Approval', 'by another user')
    const gate =
      'Phase 2 opens once 60 % of the devices of phase 1 have succeeded, this has held for 1 hour, and a user other'
    await shown(page, gate).waitFor()
    await page.getByRole('button', { name: 'Edit: Failure policy' }).click()
    await page.getByLabel('Failed devices').fill('0')
    await page.getByText('Must be between 1 and 2147483647').waitFor()
    await page.getByLabel('Failed devices').fill('3')
    await page.getByLabel('Or share of the ended').fill('')
    await shown(page, 'Once 3 devices of a phase have failed, the deployment is paused').waitFor()
    await page.getByRole('button', { name: 'Add rule' }).click()
    await page.getByRole('menuitem', { name: /Devices at a time/ }).click()
    await page.getByLabel('At most').fill('8')
    await page.getByText('At most 8 devices work on the update at the same time.').waitFor()
    await page.getByText('If everything fails, at most 10 of 20 devices are touched before it stops.').waitFor()
    await look('rules')
    await page.getByRole('button', { name: 'Deploy to 20 devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2 to fleet' }).waitFor()
    id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const { failure_policy, max_in_flight, phases, created_by, recipe } = await show(tenant.api, id)
    expect({ failure_policy, max_in_flight, recipe }).toEqual({
      failure_policy: { max_failures: 3, scope: 'phase', timeout_minutes: 1440, action: 'pause' },
      ...{ max_in_flight: 8, recipe: undefined },
    })
    expect(phases[0].gate).toMatchObject({ success_percent: 60, soak_minutes: 60, approval: 'other_user' })
    await page.getByText(`by ${created_by.email}`).waitFor()
  })

  test('the failure policy pauses it: a banner states what, when, and what will not happen', async () => {
    expect(await pollInTurn(fleet)).toEqual([...Array(8).fill(200), ...Array(12).fill(204)])
    await report(fleet.slice(0, 3), 'success')
    await report(fleet.slice(3, 6), 'failure')
    const trip = banner('Paused by the failure policy')
    await trip.getByText(/3 of 6 devices failed in phase 1 \(50 %\): paused by the failure policy/).waitFor()
    await trip
      .getByText('Phase 2 (10 devices and any that match later) will not open. 2 devices in progress continue.')
      .waitFor()
    await phase(1).getByText('3 of 10 succeeded: 30 %, 60 % needed · 3 failed · 2 in flight').waitFor()
    expect(await pollInTurn(fleet.slice(8))).toEqual(Array(12).fill(204))
    await look('trip')
    await trip.getByRole('button', { name: '3 failed' }).click()
    await page.getByText('1–3 of 3').waitFor()
    await open('/deployments')
    await page.getByText('Paused', { exact: true }).waitFor()
    await page.getByText(/3 of 6 devices failed/).waitFor()
    await look('list')
  })

  test('on a phone, what to do is in sight wherever one scrolls, and covers nothing', async () => {
    await page.setViewportSize({ width: 360, height: 760 })
    await open()
    await nextStep()
      .getByText(/^Paused by the failure policy: 12 devices keep the old release/)
      .waitFor()
    const scrollTo = async (y: string) => {
      await page.evaluate(`scrollTo(0, ${y})`)
      return page.evaluate<{ below: number; beside: number }>(NEXT_STEP_PLACE)
    }
    for (const y of ['0', 'document.body.scrollHeight / 2']) expect((await scrollTo(y)).below).toBe(0)
    const end = await scrollTo('document.body.scrollHeight')
    expect(end.below).toBeGreaterThanOrEqual(0)
    expect(end.beside).toBeGreaterThan(0)
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await screenshot(page, `rollout-next-step-${colorScheme}`, { fullPage: false })
    }
  })

  test('resuming states its consequences, and devices are offered the update again', async () => {
    await nextStep().getByRole('button', { name: 'Resume' }).click()
    await dialog()
      .getByText(/12 devices and any that match later can start/)
      .waitFor()
    await dialog()
      .getByText(/counts from zero: the 3 failures so far will not stop the deployment/)
      .waitFor()
    await expectAccessible(page)
    await screenshot(page, 'rollout-resume', { fullPage: false })
    await dialog().getByLabel('Reason').fill('the power supply was off')
    await dialog().getByRole('button', { name: 'Resume deployment' }).click()
    await banner('Paused by the failure policy').waitFor({ state: 'detached' })
    await nextStep().getByRole('button', { name: 'Pause' }).waitFor()
    await page.setViewportSize({ width: 1440, height: 900 })
    await nextStep().waitFor({ state: 'hidden' })
    await report(fleet.slice(6, 8), 'success')
    expect(await pollInTurn(fleet.slice(8, 11))).toEqual([200, 200, 204])
    await report(fleet.slice(8, 10), 'success')
    await banner('Soaking').getByText('Phase 2 (10 devices and any that match later) is not open yet.').waitFor()
    await phase(1).getByRole('timer').waitFor()
    await look('soak')
  })

  test('another user approves the next phase, who sees no other buttons', async () => {
    server.advance(1.1 * HOUR_MS)
    await open()
    await banner('Waiting for approval').waitFor()
    await page.getByText('Another user has to approve, because you created the deployment.').waitFor()
    await look('approval')
    await using other = await openBrowser(server.url)
    await signIn(other.page, approver, `/deployments/${id}`)
    const approve = phase(1, other.page).getByRole('button', { name: 'Approve phase 2' })
    await approve.waitFor()
    for (const name of ['Pause', 'Roll back', 'Abort deployment', 'Open phase 2 now'])
      expect(await other.page.getByRole('button', { name }).count()).toBe(0)
    await approve.click()
    const asked = other.page.getByRole('dialog')
    await asked
      .getByText('Phase 2 (10 devices and any that match later) opens: its devices are offered release-2.')
      .waitFor()
    await asked.getByText(/7 of 10 succeeded: 70 %, 60 % needed, 3 failed/).waitFor()
    await expectAccessible(other.page)
    await screenshot(other.page, 'rollout-approve', { fullPage: false })
    await asked.getByLabel('Comment').fill('the logs look fine')
    await asked.getByRole('button', { name: 'Approve phase 2' }).click()
    await asked.waitFor({ state: 'detached' })
    expect(other.problems).toEqual([])
    await phase(1).getByText(`approved by ${approver.email}: the logs look fine`).waitFor()
    await phase(2).getByText('open since').waitFor()
    expect(await pollInTurn(fleet.slice(10, 14))).toEqual([200, 200, 200, 200])
  })

  test('a pause by a user is shown with its reason', async () => {
    await page.getByRole('button', { name: 'Pause' }).click()
    await dialog().getByText('6 devices not started yet wait.').waitFor()
    await dialog().getByText('4 devices in progress continue.').waitFor()
    await dialog().getByLabel('Reason').fill('wrong release notes')
    await dialog().getByRole('button', { name: 'Pause deployment' }).click()
    await banner(`Paused by ${tenant.email}`)
      .getByText(/wrong release notes/)
      .waitFor()
    const marks = page.getByRole('list', { name: 'What happened' }).getByRole('listitem')
    await marks.filter({ hasText: /^\d+Paused by .*wrong release notes$/ }).waitFor()
    expect(await pollInTurn(fleet.slice(14, 16))).toEqual([204, 204])
    await look('paused')
  })

  test('rolling back deploys the earlier release to the devices that had an offer', async () => {
    await page.getByRole('button', { name: 'Roll back' }).click()
    const release = dialog().getByRole('combobox', { name: 'Release to roll back to' })
    await expect.poll(() => release.inputValue()).toBe('release-1')
    await dialog()
      .getByText('A new deployment offers release-1 to the 14 devices that have been offered release-2.')
      .waitFor()
    await dialog().getByText('This deployment is aborted: 4 devices in progress are stopped.').waitFor()
    await dialog().getByText('6 devices and any that match later will not be offered this update.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'rollout-roll-back', { fullPage: false })
    await dialog().getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('heading', { level: 1, name: 'Rollback of release-2 to fleet' }).waitFor()
    const rollback = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    expect(await show(tenant.api, rollback)).toMatchObject({ rollback_of: id, max_devices: 14 })
    await page.getByRole('link', { name: 'release-2 to fleet' }).click()
    await banner('This deployment was rolled back').getByRole('link').waitFor()
    await look('rolled-back')
  })

  test('one click deploys again to the devices that failed, and to those not reached', async () => {
    await page.getByRole('button', { name: 'Deploy to the 10 not reached' }).waitFor()
    await page.getByRole('button', { name: 'Deploy again to the 3 that failed' }).click()
    await dialog().getByText('A new deployment offers release-2 to the 3 devices that failed.').waitFor()
    await expectAccessible(page)
    await screenshot(page, 'rollout-again', { fullPage: false })
    await dialog().getByRole('button', { name: 'Deploy to 3 devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'release-2 to fleet (again)' }).waitFor()
    const again = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const { initial_device_count, artifact_name, failure_policy } = await show(tenant.api, again)
    expect({ initial_device_count, artifact_name }).toEqual({ initial_device_count: 3, artifact_name: 'release-2' })
    expect(failure_policy).toMatchObject({ max_failures: 3 })
  })

  test('a device that does not end in time looks so', async () => {
    const [unwatched] = await enrol(server, tenant, 1)
    const plain = await deploy(tenant.api, { name: 'plain', artifact_name: 'release-2', devices: [unwatched?.id] })
    await pollInTurn([unwatched!])
    const devices = await enrol(server, tenant, 1)
    const ids = devices.map((device) => device.id)
    const policy = { max_failures: 5, timeout_minutes: 90 }
    id = await deploy(tenant.api, { name: 'silent', artifact_name: 'release-2', devices: ids, failure_policy: policy })
    await pollInTurn(devices)
    await report(devices, 'installing')
    await open()
    await page.getByRole('button', { name: '1 Installing' }).waitFor()
    server.advance(6.1 * HOUR_MS)
    await superviseRollouts(server.env, new AbortController().signal)
    await open()
    await page.getByRole('button', { name: '1 Timed out' }).click()
    await page.getByText('1–1 of 1').waitFor()
    await page
      .getByText(/^timed out .* ago|^timed out just now/)
      .filter({ visible: true })
      .waitFor()
    await look('silent')
    await open(`/deployments/${plain}`)
    await page.getByText('not ended for 6 hours').filter({ visible: true }).waitFor()
  })

  test('the audit log names the failure policy and what users decided', async () => {
    await open('/settings/audit-log')
    const entry = (...parts: string[]) =>
      page
        .getByRole('listitem')
        .filter({ hasText: new RegExp(parts.join('.*')) })
        .first()
    await entry('The failure policy', 'stopped the deployment', 'release-2 to fleet').waitFor()
    await entry(approver.email, 'approved a phase of the deployment', 'the logs look fine').waitFor()
    await entry('paused the deployment', 'wrong release notes').waitFor()
    await entry('rolled back the deployment').waitFor()
    await choose(page, 'Action', 'Stop by failure policy')
    await page.getByText('1–1 of 1').waitFor()
    await look('log')
  })

  test('recipes are edited in the settings, and a predefined one returns to its default', async () => {
    await open('/settings/recipes')
    await look('recipes')
    await page.getByRole('button', { name: 'Create recipe' }).click()
    await dialog().getByLabel('Name').fill('lab first')
    await dialog().getByLabel('Description').fill('The lab, then everyone.')
    await dialog().getByRole('button', { name: 'Add test phase' }).click()
    await choose(page, 'Phase 1: devices matching', 'fleet')
    await dialog().getByRole('button', { name: 'Remove the gate of phase 1' }).click()
    await dialog().getByText('Without a gate, phase 2 cannot open.').waitFor()
    await dialog().getByRole('button', { name: 'Add gate after phase 1' }).click()
    await look('recipe-form')
    await dialog().getByRole('button', { name: 'Create recipe' }).click()
    await dialog().waitFor({ state: 'detached' })
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
    await row('Lab first').getByText('2 rules').click()
    await row('Lab first').getByText('Phases: the devices that match “fleet”, then the rest.').waitFor()

    await page.getByRole('button', { name: 'Edit normal' }).click()
    await dialog().getByLabel('Phase 1: percent').fill('25')
    await dialog().getByRole('button', { name: 'Save recipe' }).click()
    await dialog().waitFor({ state: 'detached' })
    await row('Normal').getByText('rules').click()
    await row('Normal').getByText('Phases: 25 %, then the rest.').waitFor()
    await page.getByRole('button', { name: 'Reset normal to its default' }).click()
    await dialog().getByRole('button', { name: 'Reset to default' }).click()
    await row('Normal').getByText('Phases: 10 %, then the rest.').waitFor()

    await page.getByRole('button', { name: 'Delete lab first' }).click()
    await dialog().getByRole('button', { name: 'Delete recipe' }).click()
    await row('Lab first').waitFor({ state: 'detached' })
  })

  test('the browser reported no errors', async () => {
    expect(browser.problems).toEqual([])
    expect((await tenant.api.get(`${V1}?per_page=1`)).status).toBe(200)
  })
})
