import type { Page } from 'playwright-core'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from './artifact.ts'
import { type Browser, openBrowser, signIn } from './browser.ts'
import { inventoryTerm } from './deploy.ts'
import { enrol } from './device.ts'
import { startServer, type TestServer, type TestTenant } from './server.ts'

export type Rollout = AsyncDisposable & {
  server: TestServer
  tenant: TestTenant
  fleet: SimulatedDevice[]
  filter_id: string
  browser: Browser
  page: Page
}

const FILTERS = '/api/management/v2/inventory/filters'
const IN_EU = 20
const hasRelease = (i: number) => i >= 15 && i < 18
const isMips = (i: number) => i === 18 || i === 19
const providesOf = (i: number) => ({
  device_type: isMips(i) ? 'mips' : 'qemux86-64',
  artifact_name: hasRelease(i) ? 'release-2.0' : 'factory',
})

/**
 * A browser for a tenant with 22 devices, of which 20 match the filter `eu-fleet`: `release-2.0` has no artifact for
 * the device type of two, and three already run it.
 */
export async function openRollout(path = '/deployments'): Promise<Rollout> {
  const server = await startServer()
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-2.0', device_types: ['qemux86-64'] })
  await uploadTestArtifact(tenant.api, { name: 'release-2.0', device_types: ['arm1'] })
  await uploadTestArtifact(tenant.api, { name: 'firmware-7', device_types: ['arm1'] })
  const fleet = await enrol(server, tenant, 22, (i) => ({ region: i < IN_EU ? 'eu' : 'us', ...providesOf(i) }))
  const saved = await tenant.api.post(FILTERS, { name: 'eu-fleet', terms: [inventoryTerm('region', 'eu')] })
  const browser = await openBrowser(server.url)
  await signIn(browser.page, tenant, path)
  return {
    ...{ server, tenant, fleet, browser, page: browser.page },
    filter_id: saved.headers.get('location')?.split('/')[1] ?? '',
    [Symbol.asyncDispose]: async () => {
      await browser[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Each device of the fleet that is offered the deployment installs it. */
export async function installAll(fleet: readonly SimulatedDevice[], id: string, fails: (i: number) => boolean) {
  for (const [i, device] of fleet.entries()) {
    const { status } = await device.next(providesOf(i))
    if (status !== 200) continue
    await device.report(id, fails(i) ? 'failure' : 'success')
    if (fails(i)) await device.sendLog(id, ['no space left on device'])
  }
}

/** Selects an option of a drop-down field. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option }).click()
}

/** Locates an element that contains these parts of a text in this order. */
export const shown = (page: Page, ...parts: string[]) =>
  page.getByText(new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')))
