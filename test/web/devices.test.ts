import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authOf, DEVAUTH } from '../support/auth.ts'
import {
  expectAccessible,
  expectGoodLooks,
  expectNoSidewaysScroll,
  HAS_BROWSER,
  openBrowser,
  screenshot,
  signIn,
  useBrowser,
} from '../support/browser.ts'
import { enrol, newDevice } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { choose } from '../support/rollout.ts'
import { addUser } from '../support/users.ts'

const FILTERS = '/api/management/v2/inventory/filters'

describe.skipIf(!HAS_BROWSER)('the list of devices', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let accepted: SimulatedDevice[]
  const page = () => browser.page
  const count = async (status: string) => (await tenant.api.get(`${DEVAUTH}/devices/count?status=${status}`)).body.count
  const rows = () =>
    page()
      .getByRole('row')
      .filter({ has: page().getByRole('checkbox', { name: /^Select (?!all)/ }) })

  /** The lines of the table that the page exports. */
  async function exported() {
    const download = page().waitForEvent('download')
    await page().getByRole('link', { name: 'Export as CSV' }).click()
    const table = await readFile(await (await download).path(), 'utf8')
    return table.trim().split('\r\n')
  }

  beforeAll(async () => {
    accepted = await enrol(server, tenant, 25, (i) => ({
      ...{ device_type: i % 3 ? 'raspberrypi4' : 'qemux86-64', artifact_name: `release-${1 + (i % 2)}` },
      ...{ region: i < 7 ? 'eu' : 'us', disk_mb: 100 * i, os: `1.${i}` },
    }))
    await signIn(browser.page, tenant)
  })

  test('explains to a tenant without devices how to connect the first one', async () => {
    const fresh = await server.tenant()
    await using other = await openBrowser(server.url, { width: 360 })
    await signIn(other.page, fresh, '/devices')
    await other.page.getByRole('heading', { name: 'No devices yet' }).waitFor()
    await expectAccessible(other.page)
    await expectNoSidewaysScroll(other.page)
  })

  test('accepts sixty pending devices at once, after stating their number', async () => {
    const waiting = Array.from({ length: 60 }, () => newDevice(server, tenant))
    for (const device of waiting) expect(await device.requestAuth()).toMatchObject({ status: 401 })
    await page().goto('/devices?status=pending')
    await page().getByText('60 devices waiting to be accepted').waitFor()
    await page().getByRole('button', { name: 'Accept all 60' }).click()
    const dialog = page().getByRole('dialog', { name: 'Accept 60 devices' })
    await expectAccessible(page())
    await dialog.getByRole('button', { name: 'Accept 60 devices' }).click()
    await dialog.getByText('60 devices accepted.').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page().getByRole('heading', { name: 'No pending devices' }).waitFor()
    expect(await count('accepted')).toBe(85)
    expect(await waiting[0]?.requestAuth()).toMatchObject({ status: 200 })
  })

  test('rejects the selected devices, and reports one that was removed meanwhile, with the reason', async () => {
    const auth = authOf(server, tenant)
    const [one, other, kept] = [await auth.waiting(), await auth.waiting(), await auth.waiting()]
    await page().goto('/devices?status=pending')
    for (const { identity } of [one, other])
      await page()
        .getByRole('checkbox', { name: `Select ${(identity as { mac: string }).mac}` })
        .check()
    await page().getByText('2 devices selected').waitFor()
    await auth.decommission(other.id)
    await page().getByRole('toolbar').getByRole('button', { name: 'Reject' }).click()
    const dialog = page().getByRole('dialog')
    await dialog.getByRole('button', { name: 'Reject 2 devices' }).click()
    await dialog.getByText('1 device rejected, 1 failed.').waitFor()
    await dialog.getByText('device not found').waitFor()
    await screenshot(page(), 'devices-bulk-outcome', { fullPage: false })
    await dialog.getByRole('button', { name: 'Done' }).click()
    expect((await auth.devices(`id=${one.id}`))[0].status).toBe('rejected')
    expect((await auth.devices(`id=${kept.id}`))[0].status).toBe('pending')
  })

  test('has page, order, status and search in the URL, and going back undoes a step', async () => {
    await page().goto('/devices')
    await page().getByText('Accepted 85').click()
    await page().waitForURL('**/devices?status=accepted')
    await page().getByRole('button', { name: 'Next page' }).click()
    await page().getByText('21–40 of 85').waitFor()
    await page().getByRole('button', { name: 'Device type' }).click()
    await page().waitForURL(/sort=inventory%2Fdevice_type/)
    await page().getByText('1–20 of 85').waitFor()
    await rows().first().getByText('qemux86-64').first().waitFor()
    await page().goBack()
    await page().getByText('21–40 of 85').waitFor()
    await page()
      .getByRole('textbox', { name: 'Search devices' })
      .fill(accepted[3]?.id.slice(0, 13) ?? '')
    await page().getByText('1–1 of 1').waitFor()
    await rows()
      .first()
      .getByRole('link', { name: accepted[3]?.identity.mac ?? '' })
      .waitFor()
    await page().reload()
    await page().getByText('1–1 of 1').waitFor()
  })

  test('shows an invalid term at its field; once corrected, it is saved and finds the devices', async () => {
    await page().goto('/devices')
    await page().getByRole('button', { name: 'Filter', exact: true }).click()
    const first = page().getByRole('group', { name: 'Condition 1' })
    await first.getByRole('combobox', { name: 'Attribute' }).fill('region')
    await first.getByRole('combobox', { name: 'Operator' }).click()
    await page().getByRole('option', { name: 'matches the pattern' }).click()
    await first.getByRole('textbox', { name: 'Pattern' }).fill('^(eu')
    await first.getByText(/Regular expression: /).waitFor()
    await page().getByText('Correct the condition above').waitFor()
    expect(await first.getByRole('textbox', { name: 'Pattern' }).inputValue()).toBe('^(eu')
    await expectAccessible(page())
    await first.getByRole('textbox', { name: 'Pattern' }).fill('^(eu|as)$')
    await page().getByText('7 accepted devices match').waitFor()

    await page().getByRole('button', { name: 'Add condition' }).click()
    const second = page().getByRole('group', { name: 'Condition 2' })
    await page().getByRole('textbox', { name: 'Filter name' }).fill('Europe')
    await page().getByRole('button', { name: 'Save filter' }).click()
    await second.getByText('Choose an attribute').waitFor()
    await second.getByRole('combobox', { name: 'Attribute' }).fill('inventory/disk_mb')
    expect(await second.getByRole('combobox', { name: 'Type' }).inputValue()).toBe('Number')
    await second.getByRole('combobox', { name: 'Operator' }).click()
    await page().getByRole('option', { name: 'is at least', exact: true }).click()
    await second.getByRole('textbox', { name: 'Value' }).fill('400')
    await page().getByText('3 accepted devices match').waitFor()
    await page().getByText('1–3 of 3').waitFor()
    await screenshot(page(), 'devices-filter-1280')
    await page().getByRole('button', { name: 'Save filter' }).click()
    await page().getByRole('button', { name: 'Delete filter' }).waitFor()
    const [saved] = (await tenant.api.get(FILTERS)).body
    expect(saved).toMatchObject({
      name: 'Europe',
      terms: [
        { scope: 'inventory', attribute: 'region', type: '$regex', value: '^(eu|as)$' },
        { scope: 'inventory', attribute: 'disk_mb', type: '$gte', value: 400 },
      ],
    })
  })

  test('combines conditions in groups, compares versions, and shows an error at the field in its group', async () => {
    await page().goto('/devices')
    await page().getByRole('button', { name: 'Filter', exact: true }).click()
    await page().getByRole('button', { name: 'Add group' }).click()
    await page().getByRole('button', { name: 'Remove condition 1', exact: true }).click()
    const group = page().getByRole('group', { name: 'Group 1', exact: true })
    const first = group.getByRole('group', { name: 'Condition 1.1' })
    const second = group.getByRole('group', { name: 'Condition 1.2' })
    await first.getByRole('combobox', { name: 'Attribute' }).fill('inventory/region')
    await first.getByRole('combobox', { name: 'Value' }).fill('eu')
    await second.getByRole('combobox', { name: 'Attribute' }).fill('inventory/os')
    await second.getByRole('combobox', { name: 'Operator' }).click()
    await page().getByRole('option', { name: 'is at least version' }).click()
    await second.getByRole('textbox', { name: 'Version' }).fill('1.x')
    await second.getByText(/takes a version: numbers with dots/).waitFor()
    await expectAccessible(page())
    await second.getByRole('textbox', { name: 'Version' }).fill('1.20')
    await page().getByText('12 accepted devices match').waitFor()
    await group.getByRole('combobox', { name: 'Match', exact: true }).click()
    await page().getByRole('option', { name: 'None of these' }).click()
    await page().getByText('73 accepted devices match').waitFor()
    await group.getByRole('button', { name: 'Add group' }).click()
    const inner = group.getByRole('group', { name: 'Group 1.3' })
    await inner.getByRole('combobox', { name: 'Match', exact: true }).click()
    await page().getByRole('option', { name: 'All of these', exact: true }).click()
    for (const [number, attribute] of [
      ['1.3.1', 'inventory/device_type'],
      ['1.3.2', 'inventory/os'],
    ])
      await inner
        .getByRole('group', { name: `Condition ${number}` })
        .getByRole('combobox', { name: 'Attribute' })
        .fill(attribute ?? '')
    await inner
      .getByRole('group', { name: 'Condition 1.3.1' })
      .getByRole('combobox', { name: 'Value' })
      .fill('qemux86-64')
    await inner.getByRole('group', { name: 'Condition 1.3.2' }).getByRole('combobox', { name: 'Value' }).fill('1.9')
    await page().getByText('72 accepted devices match').waitFor()
    await expectGoodLooks(page(), 'devices-filter-groups')
    await page().reload()
    await page().getByText('72 accepted devices match').waitFor()
    await page().getByRole('textbox', { name: 'Filter name' }).fill('Others')
    await page().getByRole('button', { name: 'Save filter' }).click()
    await page().getByRole('button', { name: 'Delete filter' }).waitFor()
    const is = (attribute: string, value: string, type = '$eq') => ({ scope: 'inventory', attribute, type, value })
    const saved = (await tenant.api.get(FILTERS)).body.find(({ name }: { name: string }) => name === 'Others')
    expect(saved.terms).toEqual([
      {
        type: '$not',
        terms: [
          {
            type: '$or',
            terms: [
              ...[is('region', 'eu'), is('os', '1.20', '$version_gte')],
              { type: '$and', terms: [is('device_type', 'qemux86-64'), is('os', '1.9')] },
            ],
          },
        ],
      },
    ])
    // A group without terms is ignored, as anything else in the address that is no filter.
    const groups = [
      { ...is('os', '1.9'), type: '$or' },
      { type: '$not', terms: [{ type: '$and' }] },
    ]
    for (const group of groups) {
      await page().goto(`/devices?filter=${encodeURIComponent(JSON.stringify([group]))}`)
      await rows().first().waitFor()
    }
    await page().goto('/filters')
    await page()
      .getByText(
        'not (inventory/region is eu or inventory/os is at least version 1.20 or (inventory/device_type is qemux86-64 and inventory/os is 1.9))',
      )
      .waitFor()
    await page().getByRole('button', { name: 'Delete Others' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Delete filter' }).click()
    await page().getByRole('button', { name: 'Delete Others' }).waitFor({ state: 'hidden' })
  })

  test('selects a saved filter, shows a duplicate name at the field, and deletes the filter', async () => {
    await page().goto('/devices')
    await page().getByRole('button', { name: 'Filter', exact: true }).click()
    await page().getByRole('combobox', { name: 'Saved filter' }).click()
    await page().getByRole('option', { name: 'Europe' }).click()
    await page().getByText('1–3 of 3').waitFor()
    const found = await rows().allTextContents()
    expect(found.some((text) => text.includes(accepted[4]?.identity.mac ?? 'none'))).toBe(true)
    await page().getByRole('textbox', { name: 'Filter name' }).fill('Europe')
    await page().getByRole('button', { name: 'Save filter' }).click()
    await page()
      .getByText(/already exists/)
      .waitFor()
    await page().getByRole('button', { name: 'Delete filter' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Delete filter' }).click()
    await expect.poll(async () => (await tenant.api.get(FILTERS)).body).toEqual([])
  })

  test('calls devices by the attribute that the tenant has chosen, and shows what a search has found', async () => {
    await page().goto('/settings/devices')
    const attribute = page().getByRole('combobox', { name: 'Attribute' })
    await attribute.fill('disk')
    await page().getByRole('option', { name: 'inventory/disk_mb' }).click()
    await expect
      .poll(async () => (await tenant.api.get('/api/management/v1/useradm/settings')).body)
      .toEqual({ id_attribute: { scope: 'inventory', attribute: 'disk_mb' } })
    await expectGoodLooks(page(), 'settings-devices')
    await page().getByRole('link', { name: 'Devices' }).first().click()
    await page()
      .getByRole('textbox', { name: 'Search devices' })
      .fill(accepted[3]?.identity.mac ?? '')
    await page().getByText('1–1 of 1').waitFor()
    await rows().first().getByRole('link', { name: '300', exact: true }).waitFor()
    await rows().first().getByText(`mac: ${accepted[3]?.identity.mac}`).waitFor()
    expect(await rows().first().locator('mark').textContent()).toBe(accepted[3]?.identity.mac)
    await rows().first().getByRole('link', { name: '300', exact: true }).click()
    await page().getByRole('heading', { name: '300', level: 1 }).waitFor()
    await tenant.api.post('/api/management/v1/useradm/settings', {})
  })

  test('shows the columns that the user has chosen, in their order, on every device of the user', async () => {
    await page().goto('/devices?status=accepted&sort=inventory/disk_mb')
    const headings = () => page().getByRole('columnheader').allTextContents()
    await page().getByRole('button', { name: 'Columns' }).click()
    const chooser = page().getByRole('dialog', { name: 'Columns' })
    await chooser.getByRole('combobox', { name: 'Add a column' }).fill('region')
    await page().getByRole('option', { name: 'inventory/region' }).click()
    await chooser.getByRole('button', { name: 'Remove Group' }).click()
    for (let i = 0; i < 4; i++) await chooser.getByRole('button', { name: 'Move region up' }).click()
    const chosen = ['region', 'Device type', 'Software', 'Status', 'Last check-in']
    await expect.poll(async () => (await headings()).slice(1)).toEqual(['Device', ...chosen])
    await expectAccessible(page())
    await screenshot(page(), 'devices-columns', { fullPage: false })
    await page().keyboard.press('Escape')
    await expect.poll(async () => (await tenant.api.get('/api/management/v1/useradm/settings/me')).status).toBe(200)
    await page().reload()
    await rows().first().getByText('eu').waitFor()
    await expect.poll(async () => (await headings()).slice(1)).toEqual(['Device', ...chosen])
    const lines = await exported()
    expect(lines[0]).toBe(
      'name,id,inventory/region,inventory/device_type,inventory/artifact_name,identity/status,system/check_in_time',
    )
    expect(lines[1]).toContain(`${accepted[0]?.identity.mac},${accepted[0]?.id},eu,qemux86-64,release-1,accepted,`)
    expect(lines).toHaveLength(86)
    await page().getByRole('button', { name: 'Columns' }).click()
    await chooser.getByRole('button', { name: 'Reset to default' }).click()
    await expect.poll(async () => (await headings()).slice(1)).toContain('Group')
  })

  test('has a page of filters, which are edited in place unless somebody else has changed them', async () => {
    const term = (value: string) => ({ scope: 'inventory', attribute: 'region', type: '$eq', value })
    const made = await tenant.api.post(FILTERS, { name: 'Europe', terms: [term('eu')] })
    const path = `/api/management/v2/inventory/${made.headers.get('location')}`
    await page().goto('/filters')
    const list = page().getByRole('list', { name: 'Filters' })
    await list.getByText('inventory/region is eu').waitFor()
    await list.getByRole('link', { name: '7 accepted devices' }).waitFor()
    expect((await exported())[1]).toMatch(/^Europe,[\w-]+,inventory\/region is eu,/)
    await page().getByRole('button', { name: 'Edit Europe' }).click()
    const editor = page().getByRole('form', { name: 'Edit filter Europe' })
    await editor.getByRole('textbox', { name: 'Filter name' }).fill('America')
    await editor.getByRole('combobox', { name: 'Value' }).fill('us')
    await editor.getByText(/accepted devices match/).waitFor()
    await expectGoodLooks(page(), 'filters-edit')
    await tenant.api.put(path, { name: 'Asia', terms: [term('as')] })
    await editor.getByRole('button', { name: 'Save filter' }).click()
    await editor.getByText('Somebody else has changed this filter').waitFor()
    await editor.getByRole('button', { name: 'Load the present version' }).click()
    await expect.poll(() => editor.getByRole('textbox', { name: 'Filter name' }).inputValue()).toBe('Asia')
    await editor.getByRole('textbox', { name: 'Filter name' }).fill('America')
    await editor.getByRole('combobox', { name: 'Value' }).fill('us')
    await editor.getByRole('button', { name: 'Save filter' }).click()
    await list.getByRole('heading', { name: 'America' }).waitFor()
    await list.getByRole('link', { name: '18 accepted devices' }).waitFor()
    expect((await tenant.api.get(path)).body).toMatchObject({ name: 'America', terms: [term('us')] })
    await expectGoodLooks(page(), 'filters')
    await page().getByRole('button', { name: 'Delete America' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Delete filter' }).click()
    await page().getByRole('heading', { name: 'No filters yet' }).waitFor()
  })

  test('puts devices into a group, and shows an invalid group name at the field', async () => {
    await page().goto(`/devices?q=${accepted[0]?.id}`)
    await rows().first().getByRole('checkbox').check()
    await page().getByRole('button', { name: 'Add to group' }).click()
    const dialog = page().getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Group' }).fill('north west')
    await dialog.getByRole('button', { name: 'Add 1 device' }).click()
    await dialog.getByText(/Group name can only contain/).waitFor()
    await dialog.getByRole('combobox', { name: 'Group' }).fill('north-west')
    await dialog.getByRole('button', { name: 'Add 1 device' }).click()
    await dialog.getByText('1 device added to group north-west.').waitFor()
  })

  test('pins the selected devices with a reason, and opens a new deployment that leaves them out', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-9', device_types: ['raspberrypi4', 'qemux86-64'] })
    await page().goto('/devices?status=accepted&q=release-1')
    for (const row of [0, 1]) await rows().nth(row).getByRole('checkbox').check()
    await page().getByRole('toolbar').getByRole('button', { name: 'Pin', exact: true }).click()
    const dialog = page().getByRole('dialog', { name: 'Pin 2 devices' })
    const go = dialog.getByRole('button', { name: 'Pin 2 devices' })
    expect(await go.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('on the stand')
    await expectAccessible(page())
    await screenshot(page(), 'devices-pin', { fullPage: false })
    await go.click()
    await dialog.getByText('2 devices pinned.').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    const chips = rows().getByText('Pinned', { exact: true })
    await expect.poll(() => chips.count()).toBe(2)
    expect(await chips.first().locator('..').getAttribute('title')).toBe('Gets no update: on the stand')
    for (const row of [0, 1, 2]) await rows().nth(row).getByRole('checkbox').check()
    await screenshot(page(), 'devices-selected', { fullPage: false })
    await page().getByRole('toolbar').getByRole('link', { name: 'Deploy' }).click()
    await choose(page(), 'Release', 'release-9')
    await page()
      .getByText(/to 1 selected device: .*2 pinned devices are left out/)
      .waitFor()
    await screenshot(page(), 'new-deployment-pinned')
    await page().goto('/devices')
    await page().getByText('Pinned 2', { exact: true }).click()
    await page().waitForURL('**/devices?status=pinned')
    await page().getByText('1–2 of 2').waitFor()
    await expectAccessible(page())
    await screenshot(page(), 'devices-pinned', { fullPage: false })
    await rows().first().getByRole('link').first().click()
    await page().getByText('Pinned: gets no update').waitFor()
    await page().getByText('on the stand').waitFor()
    await screenshot(page(), 'device-pinned')
    await page().getByRole('button', { name: 'Remove pin' }).click()
    await page().getByText('Pinned: gets no update').waitFor({ state: 'hidden' })
  })

  test('opens a new deployment to the devices that it shows, and saves their filter first', async () => {
    const term = { scope: 'inventory', attribute: 'region', type: '$eq', value: 'eu' }
    await page().goto(`/devices?filter=${encodeURIComponent(JSON.stringify([term]))}`)
    await page().getByRole('button', { name: 'Deploy to these' }).click()
    const dialog = page().getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Filter name' }).fill('Europe, to deploy to')
    await dialog.getByRole('button', { name: 'Save and continue' }).click()
    await page().getByRole('heading', { name: 'New deployment' }).waitFor()
    await expect
      .poll(() => page().getByRole('combobox', { name: 'Saved filter' }).inputValue())
      .toBe('Europe, to deploy to')
    await page().goto('/devices')
    await page().getByRole('link', { name: 'Deploy to these' }).click()
    await page().getByText('All devices that are accepted now.').waitFor()
  })

  test('has a page of groups, which devices leave, and which are ended', async () => {
    await tenant.api.put(`/api/management/v1/inventory/devices/${accepted[1]?.id}/group`, { group: 'north-west' })
    await page().goto('/groups')
    await page()
      .getByRole('row', { name: /north-west/ })
      .getByRole('link', { name: 'Deploy to north-west' })
      .waitFor()
    expect(await exported()).toEqual(['name,device_count,accepted_count', 'north-west,2,2'])
    await expectGoodLooks(page(), 'groups')
    await page().getByRole('link', { name: 'north-west', exact: true }).click()
    await page().getByText('1–2 of 2').waitFor()
    await rows().first().getByRole('checkbox').check()
    await page().getByRole('button', { name: 'Remove from group' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Remove 1 device' }).click()
    await page().getByText('1 device removed from group north-west.').waitFor()
    await page().getByRole('dialog').getByRole('button', { name: 'Done' }).click()
    await page().getByText('1–1 of 1').waitFor()
    await page().goto('/groups')
    await page().getByRole('button', { name: 'Delete north-west' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Delete group' }).click()
    await page().getByRole('heading', { name: 'No groups yet' }).waitFor()
    expect((await tenant.api.get('/api/management/v1/inventory/groups')).body).toEqual([])
  })

  test('decommissions many devices after the user has entered their number', async () => {
    await page().goto('/devices?q=release-2')
    await page().getByText('1–12 of 12').waitFor()
    await page().getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page().getByRole('toolbar').getByRole('button', { name: 'Decommission' }).click()
    const dialog = page().getByRole('dialog')
    const go = dialog.getByRole('button', { name: 'Decommission 12 devices' })
    expect(await go.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: /Type 12 to confirm/ }).fill('12')
    await go.click()
    await dialog.getByText('12 devices decommissioned.').waitFor()
    expect(await count('accepted')).toBe(73)
  })

  test('offers no changes to a user with read access', async () => {
    const reader = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await using other = await openBrowser(server.url)
    await signIn(other.page, reader, '/devices?status=pending')
    await other.page.getByRole('row').nth(1).waitFor()
    await expect.poll(() => other.page.getByRole('checkbox').count()).toBe(0)
    await expect.poll(() => other.page.getByRole('button', { name: /Accept|Reject/ }).count()).toBe(0)
    await other.page.getByRole('row').nth(1).getByRole('link').click()
    await other.page.getByRole('heading', { name: 'Authentication sets' }).waitFor()
    await expect.poll(() => other.page.getByRole('button', { name: /Accept|Reject|More|Edit|Dismiss/ }).count()).toBe(0)
  })

  test('is accessible and fits wide and narrow screens, in light and dark mode', async () => {
    const filter = JSON.stringify([{ scope: 'inventory', attribute: 'region', type: '$in', value: ['us', 'as'] }])
    await page().goto(`/devices?filter=${encodeURIComponent(filter)}`)
    await page()
      .getByText(/accepted devices match/)
      .waitFor()
    await page()
      .getByRole('checkbox', { name: /^Select \w{8}/ })
      .first()
      .check()
    await expectGoodLooks(page(), 'devices')
    expect(browser.problems).toEqual([])
  })
})
