import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, signIn, useBrowser } from '../support/browser.ts'
import { configPath, deployConfig, readConfig, reportConfig, setConfig } from '../support/configuration.ts'
import { enrolDdi, gatewayOf } from '../support/ddi.ts'
import { poll } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { choose } from '../support/rollout.ts'
import { ROLES } from '../support/world.ts'

describe.skipIf(!HAS_BROWSER)('the configuration on the page of a device', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  let device: SimulatedDevice
  const page = () => browser.page
  const card = () => page().getByRole('region', { name: 'Configuration', exact: true })
  const cells = async () => card().getByRole('row').nth(1).getByRole('cell').allTextContents()
  const button = (name: string) => card().getByRole('button', { name, exact: true })
  const open = async () => {
    await page().goto(`/devices/${device.id}`)
    await card().waitFor()
  }

  beforeAll(() => signIn(browser.page, tenant))
  beforeEach(async () => {
    ;[device] = (await enrol(server, tenant, 1)) as [SimulatedDevice]
  })

  test('says at first what it is for', async () => {
    await open()
    await card().getByText('No configuration yet. A device with the add-on mender-configure').waitFor()
    expect(await button('Deploy configuration').count()).toBe(0)
  })

  test('is edited, saved and deployed, and shows how far the device is', async () => {
    await open()
    await button('Edit configuration').click()
    await card().getByLabel('Key 1', { exact: true }).fill('timezone')
    await card().getByLabel('Value 1', { exact: true }).fill('Europe/Oslo')
    await button('Add key').click()
    await card().getByLabel('Key 2', { exact: true }).fill('timezone')
    await button('Save').click()
    expect(await card().getByText('This key is there twice').count()).toBe(2)
    await card().getByLabel('Key 2', { exact: true }).fill('')
    await card().getByLabel('Value 2', { exact: true }).fill('on')
    await card().getByText('Enter a key').waitFor()
    await expectAccessible(page())
    await card().getByLabel('Key 2', { exact: true }).fill('led')
    await button('Save').click()
    await card().getByRole('cell', { name: 'Europe/Oslo' }).waitFor()
    expect(await cells()).toEqual(['led', 'on', 'not reported yet'])
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { timezone: 'Europe/Oslo', led: 'on' } })

    await button('Edit configuration').click()
    await card().getByRole('button', { name: 'Remove key 2' }).click()
    await button('Save and deploy').click()
    await card().getByText('Pending').waitFor()
    const { deployment_id, configured } = await readConfig(tenant.api, device)
    expect(configured).toEqual({ timezone: 'Europe/Oslo' })
    const link = card().getByRole('link', { name: 'View deployment' })
    expect(await link.getAttribute('href')).toBe(`/deployments/${deployment_id}`)

    await poll(device)
    await device.report(deployment_id, 'installing')
    await card().getByText('Installing').waitFor()
    await device.report(deployment_id, 'success')
    await reportConfig(server, device, '{"timezone":"Europe/Oslo"}')
    await card().getByText('Applied').waitFor()
    await page().reload()
    await card().getByText('Reported').first().waitFor()
    expect(await cells()).toEqual(['timezone', 'Europe/Oslo', 'Europe/Oslo'])
    await expectGoodLooks(page(), 'device-configuration')

    await link.click()
    await page()
      .getByRole('heading', { name: /^Configuration of/ })
      .waitFor()
    await page().getByText('the configuration of a device, as of creation').waitFor()
    expect(await page().getByRole('button', { name: 'Roll back' }).count()).toBe(0)
  })

  test('marks what differs, and begins with what the device has', async () => {
    await reportConfig(server, device, '{"timezone":"UTC","local":"x"}')
    await open()
    await button('Edit configuration').click()
    expect(await card().getByLabel('Key 1', { exact: true }).inputValue()).toBe('timezone')
    await button('Cancel').click()
    await setConfig(tenant.api, device, { timezone: 'Europe/Oslo' })
    await page().reload()
    await card().getByText('Europe/Oslo').waitFor()
    expect(await cells()).toEqual(['local', 'not set', 'xdiffers'])
    expect(await card().getByText('differs').count()).toBe(2)
    await expectAccessible(page())
  })

  test('shows a failure, and deploys again', async () => {
    await setConfig(tenant.api, device, { timezone: 'nowhere' })
    const id = await deployConfig(tenant.api, device)
    await poll(device)
    await device.report(id, 'failure')
    await open()
    await card().getByText('Failed').waitFor()
    await button('Deploy configuration').click()
    await card().getByText('Pending').waitFor()
    expect((await readConfig(tenant.api, device)).deployment_id).not.toBe(id)
  })

  test('does not overwrite changes that it has not seen, and keeps the input', async () => {
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    await open()
    await button('Edit configuration').click()
    await card().getByLabel('Value 1', { exact: true }).fill('CET')
    await tenant.api.put(configPath(device), { timezone: 'EET' })
    await button('Save').click()
    await card().getByText('Someone else has changed the configuration.').waitFor()
    expect(await card().getByLabel('Value 1', { exact: true }).inputValue()).toBe('CET')
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { timezone: 'EET' } })
    await button('Cancel').click()
    await card().getByRole('cell', { name: 'EET' }).waitFor()
  })

  test('is deployed by deployments of a type of their own, by which the list is filtered', async () => {
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    const id = await deployConfig(tenant.api, device)
    await page().goto('/deployments')
    const row = page().getByRole('list', { name: 'Deployments' }).getByRole('listitem').first()
    await row.getByText('configuration to 1 device').waitFor()
    expect(await row.getByRole('link').getAttribute('href')).toBe(`/deployments/${id}`)
    await choose(page(), 'Type', 'Releases')
    await page().getByText('No matching deployments').waitFor()
    await choose(page(), 'Type', 'Configurations')
    await row.waitFor()
    expect(new URL(page().url()).search).toBe('?type=configuration')
    await expectAccessible(page())
  })

  test('is not there for a device that speaks DDI', async () => {
    const ddi = await enrolDdi(server, tenant, { authorization: await gatewayOf(tenant), data: { device_type: 'x' } })
    await page().goto(`/devices/${ddi.id}`)
    await page().getByRole('region', { name: 'Direct Device Integration' }).waitFor()
    expect(await card().count()).toBe(0)
  })

  test('can only be seen without the permission to configure devices', async () => {
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    await deployConfig(tenant.api, device)
    const sees = { name: 'sees', permission_sets_with_scope: [{ name: 'ReadDevices' }, { name: 'Basic' }] }
    expect(await tenant.api.post(ROLES, sees)).toMatchObject({ status: 201 })
    const email = `sees-${tenant.email}`
    const user = { email, password: 'correct horse battery', roles: ['sees'] }
    expect(await tenant.api.post('/api/management/v1/useradm/users', user)).toMatchObject({ status: 201 })
    await page().context().clearCookies()
    await signIn(page(), { ...tenant, ...user })
    await open()
    await card().getByRole('cell', { name: 'UTC' }).waitFor()
    expect(await card().getByRole('button').count()).toBe(0)
  })
})
