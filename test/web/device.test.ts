import { beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authenticates, authOf, ed25519 } from '../support/auth.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { deploy, inventoryTerm, poll, saveFilter, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { choose } from '../support/rollout.ts'

const INVENTORY = '/api/management/v1/inventory/devices'
const SETTINGS = '/api/management/v1/useradm/settings/me'

describe.skipIf(!HAS_BROWSER)('the page of a device', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let devices: SimulatedDevice[]
  const page = () => browser.page
  const section = (name: string) => page().getByRole('region', { name })
  const why = () => section('Why is this device not updating?')
  const state = () => section('State of the device')
  const open = (device: { id: string } | undefined) => page().goto(`/devices/${device?.id}`)

  beforeAll(async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    devices = await enrol(server, tenant, 6, (i) => ({
      ...{ device_type: 'qemux86-64', artifact_name: 'release-0', kernel: `6.1.${i}` },
      ...{ region: i === 0 ? 'us' : 'eu', ipv4_eth0: `192.0.2.${i}/24` },
    }))
    await signIn(browser.page, tenant)
  })

  test('states which term does not match, what the device waits for, and which deployment blocks it', async () => {
    const [outside, failed, waiting, another] = devices as [SimulatedDevice, ...SimulatedDevice[]]
    await open(outside)
    await why().getByText('no unfinished deployment that you have access to is for this device').waitFor()
    await state().getByText('Runs release-0. Nothing to install').waitFor()
    const filter_id = await saveFilter(tenant.api, inventoryTerm('region', 'eu'))
    const phases = [{ batch_size: 40 }, { start_ts: '2040-01-01T08:00:00Z' }]
    const europe = await deploy(tenant.api, { name: 'europe', filter_id, phases })

    await page().reload()
    await why().getByRole('button', { name: '1 other deployment does not concern this device' }).click()
    const cells = why().getByRole('row').nth(1).getByRole('cell')
    await cells.first().waitFor()
    expect(await cells.allTextContents()).toEqual(['inventory/region', 'is eu', 'us'])

    // The first phase has two of the five devices.
    for (const device of [failed, another]) await poll(device as SimulatedDevice)
    await failed?.sendLog(europe, ['writing the update', 'no space left on device'])
    await failed?.report(europe, 'failure')
    await open(waiting)
    await state().getByText('Waiting for phase 2 of europe, which starts on 1 Jan 2040, 09:00 CET.').waitFor()
    expect(await state().getByRole('time').getAttribute('title')).toBe('1 Jan 2040, 09:00 CET · 1 Jan 2040, 08:00 UTC')
    await why().getByText('phase 2 opens at 1 Jan 2040, 09:00 CET').waitFor()
    await screenshot(page(), 'device-waits-1280')

    await deploy(tenant.api, { name: 'hotfix', devices: [another?.id] })
    await open(another)
    await state().getByText('Offered release-1 in europe').waitFor()
    await why().getByText('The device is in the middle of another deployment.').waitFor()
    const link = why().getByRole('link', { name: 'View the other deployment' })
    expect(await link.getAttribute('href')).toBe(`/deployments/${europe}`)
  })

  test('shows the failure and its log', async () => {
    await open(devices[1])
    await state().getByText('Failed once in europe: no space left on device.').waitFor()
    await state().getByRole('button', { name: 'Read its log' }).click()
    await state().getByRole('region', { name: 'Log' }).getByText('no space left on device').waitFor()
    const history = section('Deployment history')
    await history.getByText('Failed').waitFor()
    await history.getByRole('button', { name: 'Show log' }).click()
    const log = history.getByRole('region', { name: 'Log' })
    await log.getByText('no space left on device').waitFor()
    await expectAccessible(page())
  })

  test('adds tags, and does not overwrite changes that it has not seen', async () => {
    const device = devices[2] as SimulatedDevice
    await open(device)
    const tags = section('Tags')
    await tags.getByRole('button', { name: 'Edit tags' }).click()
    await tags.getByRole('textbox', { name: 'Name of tag 1' }).fill('place')
    await tags.getByRole('textbox', { name: 'Value of tag 1' }).fill('roof')
    await tags.getByRole('button', { name: 'Save tags' }).click()
    await tags.getByText('roof').waitFor()
    await tags.getByRole('button', { name: 'Edit tags' }).click()
    await tenant.api.patch(`${INVENTORY}/${device.id}/tags`, [{ name: 'floor', value: 3 }])
    await tags.getByRole('textbox', { name: 'Value of tag 1' }).fill('cellar')
    await tags.getByRole('button', { name: 'Save tags' }).click()
    await tags.getByText('Someone else has changed the tags').waitFor()
    expect(await tags.getByRole('textbox', { name: 'Value of tag 1' }).inputValue()).toBe('cellar')
    await tags.getByRole('button', { name: 'Cancel' }).click()
    await tags.getByText('floor').waitFor()
    const { attributes } = (await tenant.api.get(`${INVENTORY}/${device.id}`)).body
    expect(attributes).toContainEqual({ scope: 'tags', name: 'place', value: 'roof' })
  })

  test('searches attributes by name and value', async () => {
    await open(devices[3])
    const attributes = section('Attributes')
    await attributes.getByRole('textbox', { name: 'Search attributes' }).fill('192.0.2')
    await attributes.getByText('1 attribute', { exact: true }).waitFor()
    await attributes.getByText('ipv4_eth0').waitFor()
    await attributes.getByRole('textbox', { name: 'Search attributes' }).fill('created_ts')
    expect(await attributes.getByRole('definition').getByRole('time').getAttribute('title')).toMatch(/ UTC · /)
  })

  test('accepts a pending device, puts it into a group, rejects the key of a copy, and decommissions it', async () => {
    const auth = authOf(server, tenant)
    const device = await auth.waiting()
    await open(device)
    await state().getByText('Pending: accept it if you trust it').waitFor()
    await page().getByRole('button', { name: 'Accept', exact: true }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Accept device' }).click()
    await page().getByRole('dialog').waitFor({ state: 'hidden' })
    const { status, text: token } = await auth.ask(device.keys, device.identity)
    expect(status).toBe(200)

    await page().getByRole('button', { name: 'More' }).click()
    await page().getByRole('menuitem', { name: 'Add to group' }).click()
    await page().getByRole('combobox', { name: 'Group' }).fill('lab')
    await page().getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await section('Device').getByText('lab').waitFor()

    const other = ed25519()
    await auth.ask(other, device.identity)
    server.advance(11 * 60 * 1000)
    expect(await authenticates(server, token)).toBe(true)
    await server.saveCheckIns()
    await auth.ask(other, device.identity)
    await page().reload()
    const notice = state().getByRole('alert', { name: 'This identity is in use twice' })
    await notice.getByText(/^Another key asks for access .* reject it below/).waitFor()
    await expectGoodLooks(page(), 'device-shared-identity')
    await section('Authentication sets').getByRole('button', { name: 'Reject key' }).nth(1).click()
    await section('Authentication sets').getByText('Rejected').waitFor()
    await notice.waitFor({ state: 'detached' })

    await page().getByRole('button', { name: 'More' }).click()
    await page().getByRole('menuitem', { name: 'Decommission' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Decommission device' }).click()
    await page().getByRole('heading', { level: 1, name: 'Devices' }).waitFor()
    expect(await auth.devices(`id=${device.id}`)).toEqual([])
  })

  test('updates the device: with a release, with the one it had before, and not at all while it is pinned', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-2' })
    const types = { device_type: 'qemux86-64', region: 'as' }
    const [device] = (await enrol(server, tenant, 1, { ...types, artifact_name: 'release-0' })) as [SimulatedDevice]
    const update = async (item: string) => {
      await page().getByRole('button', { name: 'Update', exact: true }).click()
      await page().getByRole('menuitem', { name: item, exact: true }).click()
    }
    const deployed = async () => {
      await page().getByRole('button', { name: 'Deploy to 1 device' }).click()
      await page().waitForURL(/\/deployments\/[0-9a-f-]{36}$/)
      const id = new URL(page().url()).pathname.split('/').at(-1) ?? ''
      expect((await tenant.api.get(`${V1}/${id}/device_list`)).body).toEqual([device.id])
      return id
    }
    const install = async (id: string, artifact_name: string) => {
      const { status, body } = await poll(device)
      expect({ status, body }).toMatchObject({ status: 200, body: { id, artifact: { artifact_name } } })
      await device.report(id, 'success')
      await device.sendInventory({ ...types, artifact_name })
    }
    await open(device)
    await update('Deploy a release')
    await choose(page(), 'Release', 'release-2')
    await install(await deployed(), 'release-2')
    await install(await deploy(tenant.api, { devices: [device.id] }), 'release-1')
    await open(device)
    await update('Deploy release-2, which it had before')
    const back = await deployed()

    // The field is in the time zone of all other times.
    await tenant.api.post(SETTINGS, { ui: { utc: true } })
    await open(device)
    await update('Pin: do not update')
    const dialog = page().getByRole('dialog')
    await dialog.getByRole('radio', { name: 'Not before a date and time' }).check()
    await dialog.getByLabel(/^Not before( \*)?$/).fill('2040-01-31T12:00')
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('at a fair')
    await expectAccessible(page())
    await dialog.getByRole('button', { name: 'Pin device' }).click()
    await page().getByText('Pinned: gets no update before 31 Jan 2040, 12:00 UTC').waitFor()
    const pin = async () => (await tenant.api.get(`${V2}/devices/${device.id}/pin`)).body
    expect(await pin()).toMatchObject({ reason: 'at a fair', not_before: '2040-01-31T12:00:00.000Z' })
    expect(await poll(device)).toMatchObject({ status: 204 })
    await tenant.api.post(SETTINGS, { ui: { utc: false } })
    await open(device)
    await why().getByText('it is not updated before 31 Jan 2040, 13:00 CET (at a fair)').waitFor()
    await update('Change the pin')
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('in a museum')
    await dialog.getByRole('button', { name: 'Pin device' }).click()
    await page().getByText('in a museum', { exact: true }).waitFor()
    await screenshot(page(), 'device-pinned-1280')
    expect(await pin()).not.toHaveProperty('not_before')
    await page().getByRole('button', { name: 'Remove pin' }).click()
    await page().getByText('in a museum', { exact: true }).waitFor({ state: 'detached' })
    await install(back, 'release-2')
  })

  test('reports that a device does not exist', async () => {
    const stranger = await server.tenant()
    const [theirs] = await enrol(server, stranger, 1)
    await open(theirs)
    await page().getByRole('heading', { name: 'This device does not exist' }).waitFor()
    await expectAccessible(page())
  })

  test('is accessible and fits wide and narrow screens, in light and dark mode', async () => {
    await open(devices[0])
    await why()
      .getByRole('button', { name: /do not concern|does not concern/ })
      .click()
    await page().getByRole('row').nth(1).waitFor()
    await expectGoodLooks(page(), 'device')
    expect(browser.problems).toEqual([])
  })
})
