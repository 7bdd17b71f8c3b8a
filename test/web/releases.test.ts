import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { sampleFleets } from '../../src/inventory/devices/sample-fleet.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { buildArtifact, noise, uploadTestArtifact } from '../support/artifact.ts'
import { expectAccessible, expectGoodLooks, HAS_BROWSER, screenshot, signIn, useBrowser } from '../support/browser.ts'
import { abort, deploy, inventoryTerm, poll, saveFilter, show } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { choose as chooseOption } from '../support/rollout.ts'
import { addUser } from '../support/users.ts'

const ONE = '/api/management/v2/deployments/deployments/releases'

describe.skipIf(!HAS_BROWSER)('releases', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server, { width: 1440 })
  let page: Page
  /** Devices that run `release-2`. */
  let runners: SimulatedDevice[]
  beforeAll(async () => {
    page = browser.page
    await signIn(page, tenant, '/releases')
  })

  const row = (name: string) => page.getByRole('row').filter({ hasText: name })

  test('the page explains how to create a release if there are none', async () => {
    await page.getByRole('heading', { name: 'No releases yet' }).waitFor()
    await page.getByText('mender-artifact write module-image').waitFor()
    await page.getByRole('button', { name: 'Copy command' }).waitFor()
    await expectAccessible(page)
    await screenshot(page, 'releases-none')
  })

  test('a selected file is uploaded with visible progress and its description', async () => {
    const content = { 'firmware.bin': noise(4_000_000) }
    const file = {
      name: 'release-1.mender',
      mimeType: '',
      buffer: await buildArtifact({ name: 'release-1', payloads: [{ files: content }] }),
    }
    const network = await browser.context.newCDPSession(page)
    await network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2_000_000 },
    })
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    await choose(page, file)
    await page.getByLabel('Description').fill('Fixes the clock')
    await page.getByRole('button', { name: 'Upload 1 file' }).click()
    await page.getByRole('progressbar', { name: 'Upload of release-1.mender' }).waitFor()
    await page.getByText(/MB of 4\.0 MB, \d+ %/).waitFor()
    await screenshot(page, 'releases-uploading')
    await page.getByText('Uploaded and verified').waitFor()
    await network.detach()
    await page.getByRole('button', { name: 'Done' }).click()
    await row('release-1').getByRole('cell', { name: 'qemux86-64', exact: true }).waitFor()
    const { body } = await tenant.api.get(`${ONE}/release-1`)
    expect(body.artifacts[0].description).toBe('Fixes the clock')
  })

  test('an upload can be cancelled, and the file stays selected', async () => {
    const network = await browser.context.newCDPSession(page)
    await network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 500_000 },
    })
    const buffer = await buildArtifact({ name: 'cancelled', payloads: [{ files: { big: noise(4_000_000) } }] })
    await page.getByRole('button', { name: 'Upload', exact: true }).click()
    await choose(page, { name: 'cancelled.mender', mimeType: '', buffer })
    await page.getByRole('button', { name: 'Upload 1 file' }).click()
    await page.getByRole('button', { name: 'Cancel upload' }).click()
    await page.getByRole('button', { name: 'Upload 1 file' }).waitFor()
    await network.detach()
    await page.getByRole('button', { name: 'Remove cancelled.mender from the list' }).click()
    await page.keyboard.press('Escape')
    expect((await tenant.api.get(`${ONE}/cancelled`)).status).toBe(404)
  })

  test('dropped files are uploaded one after the other; rejected files stay, with the reason', async () => {
    await drop(page, [
      { name: 'again.mender', bytes: await buildArtifact({ name: 'release-1' }) },
      { name: 'broken.mender', bytes: Buffer.alloc(5000, 1) },
      {
        name: 'release-2.mender',
        bytes: await buildArtifact({ name: 'release-2', device_types: ['raspberrypi4'], signed: true }),
      },
    ])
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Upload 3 files' }).click()
    await dialog.getByText('Uploaded and verified').waitFor()
    const refused = dialog.getByRole('listitem').filter({ hasText: 'again.mender' })
    await refused.getByText('An artifact with the same name and depends already exists').waitFor()
    await refused.getByText(/The existing artifact is release-1, for device_type qemux86-64/).waitFor()
    await dialog.getByRole('listitem').filter({ hasText: 'broken.mender' }).getByRole('alert').waitFor()
    await dialog.getByRole('button', { name: 'Try again' }).waitFor()
    await expectAccessible(page)
    await screenshot(page, 'releases-refused')
    await page.keyboard.press('Escape')
    await row('release-2').waitFor()
  })

  test('the server creates an artifact from a plain file', async () => {
    await drop(page, [{ name: 'app.conf', bytes: Buffer.from('verbose = true\n') }])
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Release name').fill('settings-1')
    await dialog.getByLabel('Device types').fill('raspberrypi4')
    await page.keyboard.press('Enter')
    await dialog.getByLabel('Directory on the device').fill('etc')
    await dialog.getByRole('button', { name: 'Upload 1 file' }).click()
    await dialog.getByText('Must be an absolute path').first().waitFor()
    await screenshot(page, 'releases-plain-file')
    await expectAccessible(page)
    await dialog.getByLabel('Directory on the device').fill('/etc/app')
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await row('settings-1').waitFor()
    const { body } = await tenant.api.get(`${ONE}/settings-1`)
    expect(body.artifacts[0].updates[0].type_info.type).toBe('single-file')
  })

  test('a release is found by a part of its name, and the URL contains the search', async () => {
    await page.getByLabel('Name', { exact: true }).fill('TINGS')
    await row('release-1').waitFor({ state: 'detached' })
    await row('settings-1').waitFor()
    expect(page.url()).toContain('search=TINGS')
    await page.getByLabel('Name', { exact: true }).fill('nowhere')
    await page.getByRole('button', { name: 'Show all releases' }).click()
    await page.getByRole('button', { name: 'Name' }).click()
    await page.waitForURL(/sort=name/)
    await expect.poll(() => page.getByRole('row').nth(1).textContent()).toContain('release-1')
    await page.getByRole('button', { name: 'Name' }).click()
    await expect.poll(() => page.getByRole('row').nth(1).textContent()).toContain('settings-1')
  })

  test('the list fits wide and narrow screens, in light and dark mode', async () => {
    await uploadTestArtifact(tenant.api, {
      name: 'release-1',
      device_types: ['raspberrypi4', 'beaglebone', 'imx8mm-evk'],
    })
    await page.reload()
    await row('release-1').waitFor()
    await expectGoodLooks(page, 'releases')
  })

  test('a release shows its artifacts, and can be tagged and annotated', async () => {
    runners = await enrol(server, tenant, 2, { artifact_name: 'release-2', device_type: 'raspberrypi4' })
    for (let i = 0; i < 2; i++) {
      await sampleFleets(server.env, new AbortController().signal)
      server.advance(6 * 60_000)
    }
    await page.goto('/releases/release-2')
    const use = page.getByRole('region', { name: 'Where it runs' })
    await use
      .getByText(/^2 accepted devices run it now\. It ran already when the devices were first counted, /)
      .waitFor()
    await use.getByRole('link', { name: 'raspberrypi4' }).waitFor()
    await use.locator('.recharts-area').waitFor()
    await page.getByRole('article', { name: 'Artifact for raspberrypi4' }).waitFor()
    await page.getByText('Signed', { exact: true }).waitFor()
    await page.getByText('install.sh').waitFor()
    await page.getByText('device_type: raspberrypi4').waitFor()
    await page.getByRole('button', { name: 'Copy checksum of install.sh' }).click()
    await page.getByRole('button', { name: 'Copied checksum of install.sh' }).waitFor()
    await page.getByRole('combobox', { name: 'Tags' }).fill('stable')
    await page.keyboard.press('Enter')
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'Notes' }).fill('Tried on the bench')
    await page.getByRole('button', { name: 'Save notes' }).click()
    await page.getByText('Notes saved').waitFor()
    await page.reload()
    await expect.poll(() => page.getByRole('textbox', { name: 'Notes' }).inputValue()).toBe('Tried on the bench')
    expect((await tenant.api.get(`${ONE}/release-2`)).body).toMatchObject({
      tags: ['stable'],
      notes: 'Tried on the bench',
    })
    await expectGoodLooks(page, 'release')
  })

  test('a release is replaced on the devices that run it, now or later', async () => {
    await page.getByRole('button', { name: 'Replace on 2 devices' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('2 devices now: inventory/artifact_name is release-2.').waitFor()
    await dialog.getByRole('textbox', { name: 'Filter name' }).fill('Still on release-2')
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Save and continue' }).click()
    await chooseOption(page, 'Release', 'release-1')
    await page.getByRole('button', { name: 'Deploy to 2 devices' }).click()
    await page.waitForURL(/\/deployments\/[0-9a-f-]{36}$/)
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const terms = [inventoryTerm('artifact_name', 'release-2')]
    const filter = { name: 'Still on release-2', terms }
    expect(await show(tenant.api, id)).toMatchObject({ artifact_name: 'release-1', initial_device_count: 2, filter })
    const [first, second] = runners as [SimulatedDevice, SimulatedDevice]
    const provides = { artifact_name: 'release-2', device_type: 'raspberrypi4' }
    expect((await poll(first, provides)).body).toMatchObject({ id, artifact: { artifact_name: 'release-1' } })
    await first.report(id, 'success')
    await first.sendInventory({ ...provides, artifact_name: 'release-1' })
    // A filter for the same devices is not saved twice.
    await page.goto('/releases/release-2')
    await page.getByRole('link', { name: 'Replace on 1 device' }).click()
    await expect
      .poll(() => page.getByRole('combobox', { name: 'Saved filter' }).inputValue())
      .toBe('Still on release-2')
    expect((await poll(second, provides)).status).toBe(200)
    await abort(tenant.api, id)
    await page.goto('/releases/release-2')
  })

  test('the file of an artifact can be downloaded', async () => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toBe('release-2.mender')
  })

  test('an artifact of an unfinished deployment is not deleted, and the deployment is named', async () => {
    const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    const id = await deploy(tenant.api, { name: 'night shift', artifact_name: 'release-2', filter_id })
    await page.goto('/releases/release-2')
    for (const [open, confirm] of [
      ['Delete artifact', 'Delete artifact'],
      ['Delete', 'Delete release'],
    ] as const) {
      await page.getByRole('button', { name: open, exact: true }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: confirm }).click()
      const link = dialog.getByRole('link', { name: 'night shift' })
      expect(await link.getAttribute('href')).toBe(`/deployments/${id}`)
      await expectAccessible(page)
      await screenshot(page, 'release-in-use')
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'hidden' })
    }
  })

  test('an unused artifact is deleted, and deploying opens a new deployment', async () => {
    await page.goto('/releases/settings-1')
    const deployLink = page.getByRole('link', { name: 'Deploy this release' })
    expect(await deployLink.getAttribute('href')).toBe('/deployments/new?release=settings-1')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete release' }).click()
    await page.waitForURL(/\/releases$/)
    await row('release-2').waitFor()
    await expect.poll(() => row('settings-1').count()).toBe(0)
    expect(browser.problems).toEqual([])
  })

  test('a user with read access is offered no changes', async () => {
    const observer = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    await browser.context.clearCookies()
    await signIn(page, observer, '/releases/release-2')
    await page.getByText('Tried on the bench').waitFor()
    for (const name of ['Delete', 'Delete artifact', 'Download', 'Save notes', 'Edit description'])
      await expect.poll(() => page.getByRole('button', { name, exact: true }).count()).toBe(0)
    await expect.poll(() => page.getByRole('link', { name: 'Deploy this release' }).count()).toBe(0)
    await page.goto('/releases')
    await row('release-2').waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Upload' }).count()).toBe(0)
    expect(browser.problems).toEqual([])
  })
})

type ChosenFile = { name: string; mimeType: string; buffer: Buffer }

async function choose(page: Page, file: ChosenFile): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles(file)
}

/** Drops files onto the page, as from the desktop. */
async function drop(page: Page, files: { name: string; bytes: Buffer }[]): Promise<void> {
  const texts = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }))
  const dataTransfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer()
    for (const { name, base64 } of ${JSON.stringify(texts)})
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name))
    return transfer
  })()`)
  await page.dispatchEvent('main', 'dragover', { dataTransfer })
  await page.getByText('Drop to upload').waitFor()
  await page.dispatchEvent('main', 'drop', { dataTransfer })
}
