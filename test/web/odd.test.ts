import { beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { expectNoSidewaysScroll, HAS_BROWSER, signIn, useBrowser } from '../support/browser.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addUser, USERADM } from '../support/users.ts'

const LONG = 'w'.repeat(200)
const USERADM_V2 = USERADM.replace('v1', 'v2')

describe.skipIf(!HAS_BROWSER)('edge cases of the web UI', () => {
  const server = useServer()
  const tenant = useTenant(server)
  const browser = useBrowser(server)
  const page = () => browser.page
  beforeAll(() => signIn(page(), tenant))

  test.each(['100% done', '50%25', 'a/b', '"quoted" <b>&amp;</b>', 'שלום 🚀', 'a#b?c=d&e+f'])(
    'the release %j opens by its link, and again after a reload',
    async (name) => {
      await uploadTestArtifact(tenant.api, { name })
      await page().goto('/releases')
      await page().getByRole('link', { name, exact: true }).click()
      const artifact = page().getByRole('article')
      await artifact.waitFor()
      await expect.poll(() => page().getByRole('heading', { level: 1 }).textContent()).toBe(name)
      await page().reload()
      await artifact.waitFor()
      expect(browser.problems).toEqual([])
    },
  )

  test('the search text stays as typed', async () => {
    await page().goto(`/devices?${new URLSearchParams({ q: 'a%20b%' })}`)
    expect(await page().getByLabel('Search devices').inputValue()).toBe('a%20b%')
  })

  test('the longest words fit into the list of devices', async () => {
    const [device] = await enrol(server, tenant, 1, () => ({ device_type: LONG, artifact_name: LONG }))
    const path = `/api/management/v1/inventory/devices/${device?.id}/tags`
    expect((await tenant.api.put(path, [{ name: 'name', value: LONG }])).status).toBe(200)
    const filter = JSON.stringify([{ scope: 'tags', attribute: 'name', type: '$in', value: [LONG, 'lab'] }])
    for (const width of [360, 800, 1440]) {
      await page().setViewportSize({ width, height: 900 })
      await page().goto(`/devices?${new URLSearchParams({ filter })}`)
      await page().getByLabel(`Select ${LONG}`).waitFor()
      await expectNoSidewaysScroll(page())
    }
    await page().setViewportSize({ width: 1280, height: 900 })
  })

  test('a selection in one list does not carry over to another, not even after going back', async () => {
    await enrol(server, tenant, 3)
    await page().goto('/devices')
    await page().getByText('Accepted', { exact: false }).first().click()
    await page().waitForURL(/status=accepted/)
    await page().getByLabel('Select all on this page').check()
    const bar = page().getByRole('toolbar', { name: 'Selected devices' })
    await bar.waitFor()
    await page().goBack()
    await bar.waitFor({ state: 'detached' })
    await expect.poll(() => page().getByRole('checkbox', { checked: true }).count()).toBe(0)
  })

  test('a user without access to releases is not advised to upload one', async () => {
    const set = { name: 'DeployToDevices', scope: { type: 'DeviceGroups', value: ['lab'] } }
    const role = { name: 'lab', permission_sets_with_scope: [set] }
    expect((await tenant.api.post(`${USERADM_V2}/roles`, role)).status).toBe(201)
    const user = await addUser(server, tenant, ['lab'])
    await browser.context.clearCookies()
    await signIn(page(), user)
    const steps = page().getByRole('region', { name: 'First steps' })
    await steps.getByText('Create a deployment').waitFor()
    await expect.poll(() => steps.getByText('Upload a release').count()).toBe(0)
  })

  test('a page whose script fails to load reports this, and the other pages work', async () => {
    const errors = browser.problems.length
    await page().goto('/')
    await page().route('**/assets/**', (route) => route.abort())
    await page().getByRole('link', { name: 'Devices', exact: true }).click()
    await page().getByText('This page could not be loaded').waitFor()
    await page().unroute('**/assets/**')
    await page().getByRole('link', { name: 'Deployments', exact: true }).click()
    await page().getByRole('heading', { name: 'No deployments yet' }).waitFor()
    browser.problems.splice(errors)
  })
})
