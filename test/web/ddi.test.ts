import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RootResource } from '../../src/simulate/ddi-device.ts'
import { buildArtifact, uploadFile } from '../support/artifact.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { newDdiDevice } from '../support/ddi-device.ts'
import { deploy } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addUser } from '../support/users.ts'

const DDI = '/api/management/v2/ddi'

describe.skipIf(!HAS_BROWSER)('Direct Device Integration', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server, { width: 1440 })
  let page: Page
  beforeAll(async () => {
    page = browser.page
    await signIn(page, tenant, '/settings/ddi')
  })

  const button = (name: string, within: Pick<Page, 'getByRole'> = page) =>
    within.getByRole('button', { name, exact: true })
  const dialog = () => page.getByRole('dialog')
  const section = (name: string) => page.getByRole('region', { name, exact: true })
  const shownToken = async (label: string) =>
    (await page.getByLabel(label, { exact: true }).and(page.locator('pre')).textContent()) ?? ''

  const looks = (name: string) => expectGoodLooks(page, name)

  test('settings are saved, and a wrong value is reported at its field', async () => {
    await page.getByText('Gateway tokens are switched off: there are none').waitFor()
    expect(await button('Save settings').isDisabled()).toBe(true)
    await page.getByRole('switch', { name: 'Target tokens' }).check()
    await page.getByRole('switch', { name: 'Gateway tokens' }).check()
    await page.getByRole('combobox', { name: 'Attributes with the device type' }).fill('board')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Default device type' }).fill('x'.repeat(300))
    await button('Save settings').click()
    await page.getByText(/must NOT have more than 256 characters/i).waitFor()
    await page.getByRole('textbox', { name: 'Default device type' }).fill('')
    await page.getByRole('textbox', { name: 'Polling interval', exact: true }).fill('60')
    await button('Save settings').click()
    await page.getByText('The settings were saved.').waitFor()
    await page.getByText('No gateway tokens yet.').waitFor()
    const { body } = await tenant.api.get(`${DDI}/settings`)
    expect(body).toMatchObject({ target_token: true, gateway_token: true, accepts_devices: false })
    expect(body).toMatchObject({ polling_interval_s: 60, device_type_attributes: ['device_type', 'board'] })
    expect(body).not.toHaveProperty('default_device_type')
  })

  let gateway_token = ''

  test('a gateway token is shown once, and one with a name that is taken is refused', async () => {
    await button('Create gateway token').click()
    await dialog().getByRole('textbox', { name: 'Name' }).fill('line-2')
    await button('Create', dialog()).click()
    gateway_token = await shownToken('Gateway token')
    expect(gateway_token).toMatch(/^[\w-]{43}$/)
    await screenshot(page, 'ddi-gateway-token-shown')
    await expectAccessible(page)
    await button('I have copied it').click()
    await button('Create gateway token').click()
    await dialog().getByRole('textbox', { name: 'Name' }).fill('line-2')
    await dialog().getByRole('textbox', { name: 'Token' }).fill('short')
    await button('Create', dialog()).click()
    await dialog()
      .getByText(/must NOT have fewer than 16 characters/i)
      .waitFor()
    await dialog().getByRole('textbox', { name: 'Token' }).fill('one-from-hawkBit')
    await button('Create', dialog()).click()
    await dialog()
      .getByText(/A gateway token line-2 already exists/)
      .waitFor()
    await dialog().getByRole('textbox', { name: 'Name' }).fill('line-3')
    await button('Create', dialog()).click()
    expect(await shownToken('Gateway token')).toBe('one-from-hawkBit')
    await button('I have copied it').click()
    await button('Revoke line-3').click()
    await button('Revoke gateway token', dialog()).click()
    await dialog().waitFor({ state: 'hidden' })
    await expect.poll(() => button('Revoke line-3').count()).toBe(0)
  })

  test('the settings show how SWUpdate and RAUC are configured for this server and tenant', async () => {
    const example = section('Set up devices').locator('pre')
    await page.getByText('targettoken = "TOKEN"').waitFor()
    const lines = await example.textContent()
    for (const text of [`url = "${server.url}"`, `tenant = "${tenant.tenant_id}"`, 'name = "device_type"'])
      expect(lines).toContain(text)
    await page.getByText('RAUC', { exact: true }).click()
    await section('Set up devices').getByText('Gateway token', { exact: true }).click()
    await page.getByText('gateway_token = TOKEN').waitFor()
    expect(await example.textContent()).toContain(`hawkbit_server = ${server.url.slice('http://'.length)}\nssl = false`)
    await looks('settings-ddi')
  })

  test('a device is added before its first request, with a token that is shown once', async () => {
    await enrol(server, tenant, 2)
    await page.goto('/devices')
    await button('Add DDI device').click()
    await dialog().getByRole('textbox', { name: 'Controller ID' }).fill('press-7')
    await looks('ddi-add-device')
    await button('Add device', dialog()).click()
    expect(await shownToken('Target token')).toMatch(/^[\w-]{43}$/)
    await button('I have copied it').click()
    const row = page.getByRole('row').filter({ hasText: 'press-7' })
    await row.getByText('DDI', { exact: true }).waitFor()
    await row.getByText('Preauthorized').waitFor()
    await expect.poll(() => page.getByText('DDI', { exact: true }).count()).toBe(1)
    await button('Add DDI device').click()
    await dialog().getByRole('textbox', { name: 'Controller ID' }).fill('press-7')
    await button('Add device', dialog()).click()
    await dialog().getByText('This device exists already').waitFor()
    await expectAccessible(page)
    await dialog().getByRole('link', { name: 'view it' }).click()
    await page.getByRole('heading', { level: 1, name: 'press-7' }).waitFor()
  })

  test('the list can be filtered by the dialect', async () => {
    await page.goto('/devices')
    await button('Filter').click()
    await page.getByRole('combobox', { name: 'Attribute' }).click()
    await page.getByRole('option', { name: 'system/dialect' }).click()
    await page.getByRole('combobox', { name: 'Value' }).click()
    await page.getByRole('option', { name: 'ddi' }).click()
    await page.getByText('1–1 of 1').waitFor()
    await page.getByRole('link', { name: 'press-7' }).waitFor()
    await looks('ddi-devices')
  })
  const open = async (device: { id: string }) => {
    await page.goto(`/devices/${device.id}`)
    await section('Direct Device Integration').getByText('Controller ID').waitFor()
  }
  const idOf = async (controller_id: string) => {
    const filters = [{ scope: 'identity', attribute: 'hawkbit_id', type: '$eq', value: controller_id }]
    const { body } = await tenant.api.post('/api/management/v2/inventory/filters/search', { filters })
    return { id: String(body[0]?.id) }
  }

  test('a device with a gateway token is pending until it is accepted, and has no key', async () => {
    const device = newDdiDevice(server, tenant, {
      ...{ controller_id: 'press-8', authorization: `GatewayToken ${gateway_token}` },
    })
    expect(await device.poll()).toMatchObject({ status: 200 })
    await page.goto('/devices?status=pending')
    await page.getByRole('link', { name: 'press-8' }).click()
    await page.getByRole('heading', { level: 1, name: 'press-8' }).waitFor()
    await button('Accept', section('State of the device')).click()
    await dialog().getByText('It is trusted, and takes part in deployments from its next request.').waitFor()
    await button('Accept device', dialog()).click()
    await dialog().waitFor({ state: 'hidden' })
    await section('Authentication sets').getByText('Accepted').waitFor()
    await expect.poll(() => button('Show key').count()).toBe(0)
    const ddi = section('Direct Device Integration')
    await ddi.getByText('asked for at its next poll').waitFor()
    expect(await button('Ask for attributes').isDisabled()).toBe(true)
    expect(await device.putConfigData({ board: 'raspberrypi4', serial: '8' })).toMatchObject({ status: 200 })
    await page.reload()
    await button('Ask for attributes').click()
    await ddi.getByText('asked for at its next poll').waitFor()
    expect(linksOf(await device.poll())).toHaveProperty('configData')
    expect(await device.putConfigData({ board: 'raspberrypi4', serial: '8' })).toMatchObject({ status: 200 })
    await page.reload()
    await section('Device').getByText('raspberrypi4').waitFor()
    await expectAccessible(page)
  })

  test('a target token is made, renewed and removed, and each change takes effect at once', async () => {
    await open(await idOf('press-8'))
    const device = newDdiDevice(server, tenant, { controller_id: 'press-8', authorization: '' })
    const statusWith = async (token: string) => {
      device.authorization = `TargetToken ${token}`
      return (await device.poll()).status
    }
    await button('Make target token').click()
    await button('Make token', dialog()).click()
    const first = await shownToken('Target token')
    await button('I have copied it').click()
    expect(await statusWith(first)).toBe(200)
    await button('Renew target token').click()
    await dialog().getByText('The old token ends at once').waitFor()
    await looks('ddi-renew-token')
    await button('Renew token', dialog()).click()
    const second = await shownToken('Target token')
    await looks('ddi-token-shown')
    await button('I have copied it').click()
    expect([await statusWith(first), await statusWith(second)]).toEqual([401, 200])
    await button('Remove target token').click()
    await button('Remove target token', dialog()).click()
    await dialog().waitFor({ state: 'hidden' })
    expect(await statusWith(second)).toBe(401)
  })

  test('an image of SWUpdate is uploaded as it is, and shown beside an artifact for Mender', async () => {
    await page.goto('/releases')
    await button('Upload').click()
    const chooser = page.waitForEvent('filechooser')
    await button('Choose files').click()
    await (await chooser).setFiles([
      { name: 'gateway-2.1.0.swu', mimeType: '', buffer: readFileSync('test/fixtures/update-files/signed.swu') },
      { name: 'gateway-2.1.0.bin', mimeType: '', buffer: Buffer.from('firmware') },
    ])
    const [image, plain] = [dialog().getByRole('listitem').nth(0), dialog().getByRole('listitem').nth(1)]
    expect(await image.getByLabel('Release name').inputValue()).toBe('gateway-2.1.0')
    await image.getByRole('combobox', { name: 'Device types' }).fill('raspberrypi4')
    await page.keyboard.press('Enter')
    await plain.getByText('For DDI').click()
    expect(await plain.getByLabel('Version').inputValue()).toBe('2.1.0')
    await plain.getByRole('combobox', { name: 'Device types' }).fill('nrf52')
    await page.keyboard.press('Enter')
    await plain.getByText('More').click()
    await plain.getByLabel('Part').fill('os')
    await looks('ddi-upload')
    await button('Upload 2 files', dialog()).click()
    await dialog().getByText('Uploaded and verified').nth(1).waitFor()
    await dialog().getByRole('link', { name: 'View release' }).first().waitFor()
    await button('Done', dialog()).click()
    const file = await buildArtifact({ name: 'gateway-2.1.0' })
    expect(await uploadFile(tenant.api, file)).toMatchObject({ status: 201 })
    await page.reload()
    const row = page.getByRole('row').filter({ hasText: 'gateway-2.1.0' })
    await row.getByText('Mender', { exact: true }).waitFor()
    await row.getByText('DDI', { exact: true }).waitFor()
    await looks('ddi-releases')
    await row.getByRole('link').click()
    const card = page.getByRole('article', { name: 'Artifact for raspberrypi4' })
    await card.getByText('SWUpdate image').waitFor()
    await card.getByText('DDI', { exact: true }).waitFor()
    for (const hash of ['SHA-1', 'MD5']) await button(`Copy ${hash} of gateway-2.1.0.swu`, card).waitFor()
    await page.getByText('DDI devices').waitFor()
    await looks('ddi-release')
  })

  test('a deployment to both kinds shows in the preview and on the page of the device what each gets', async () => {
    const device = newDdiDevice(server, tenant, {
      ...{ controller_id: 'press-8', authorization: `GatewayToken ${gateway_token}` },
    })
    const { id } = await idOf('press-8')
    await page.goto(`/deployments/new?release=gateway-2.1.0&device=${id}`)
    const artifacts = page.getByRole('table', { name: 'Artifacts by device' })
    await artifacts.getByRole('row').filter({ hasText: 'raspberrypi4' }).getByText('DDI').waitFor()
    await looks('ddi-preview')
    const deployment = await deploy(tenant.api, { name: 'gateways', artifact_name: 'gateway-2.1.0', devices: [id] })
    const { deploymentBase } = linksOf(await device.poll())
    expect(await device.deployment(deploymentBase?.href ?? '')).toMatchObject({ status: 200 })
    await device.feedback(deploymentBase?.href ?? '', 'proceeding', 'none', ['Installing chunk 1 of 2.'])
    await open({ id })
    await section('Direct Device Integration')
      .getByText(/^\d+, attempt 1: open/)
      .waitFor()
    await section('Deployment history').getByText('Installing chunk 1 of 2.').waitFor()
    await looks('ddi-device')
    await page.goto(`/deployments/${deployment}`)
    await page.getByText('Installing chunk 1 of 2.').last().waitFor()
    await device.feedback(deploymentBase?.href ?? '', 'closed', 'success', ['Done.'])
    await open({ id })
    await section('Direct Device Integration')
      .getByText(/^\d+, attempt 1: closed/)
      .waitFor()
    await section('Deployment history').getByText('Updated').waitFor()
  })

  test('a device that has not reported its type waits, with a link to the settings', async () => {
    const device = newDdiDevice(server, tenant, {
      ...{ controller_id: 'press-9', authorization: `GatewayToken ${gateway_token}` },
    })
    expect(await device.poll()).toMatchObject({ status: 200 })
    const { id } = await idOf('press-9')
    await tenant.api.post('/api/management/v2/devauth/devices/bulk', { action: 'accept', device_ids: [id] })
    await deploy(tenant.api, { name: 'too early', artifact_name: 'gateway-2.1.0', devices: [id] })
    await open({ id })
    await section('Why is this device not updating?').getByText('has not reported its device type').waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'View the settings of DDI' }).click()
    await section('Gateway tokens').waitFor()
    await page.goto(`/deployments/new?release=gateway-2.1.0&device=${id}`)
    await page.getByText('1 has reported no device type').waitFor()
  })

  test('the audit log describes what happened to tokens and settings', async () => {
    await page.goto('/settings/audit-log')
    for (const text of ['revoked the gateway token line-3', 'created the token line-2'])
      await page.getByText(text).first().waitFor()
  })

  test('a user with read access is offered no changes', async () => {
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await browser.context.clearCookies()
    await signIn(page, observer, '/settings/ddi')
    await page.getByText('line-2').waitFor()
    expect(await page.getByRole('switch', { name: 'Target tokens' }).isDisabled()).toBe(true)
    for (const name of ['Save settings', 'Create gateway token', 'Revoke line-2'])
      await expect.poll(() => button(name).count()).toBe(0)
    await page.goto('/devices')
    await page.getByRole('link', { name: 'press-8' }).waitFor()
    await expect.poll(() => button('Add DDI device').count()).toBe(0)
    await page.getByRole('link', { name: 'press-8' }).click()
    await section('Direct Device Integration').getByText('Controller ID').waitFor()
    for (const name of ['Make target token', 'Ask for attributes'])
      await expect.poll(() => button(name).count()).toBe(0)
    expect(browser.problems).toEqual([])
  })
})

const linksOf = ({ body }: { body: unknown }): RootResource['_links'] => (body as RootResource)._links
