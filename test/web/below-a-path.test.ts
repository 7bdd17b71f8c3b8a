import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { type Browser, HAS_BROWSER, openBrowser } from '../support/browser.ts'
import { enrol } from '../support/device.ts'
import { type PathProxy, startPathProxy } from '../support/path-proxy.ts'
import { SAMPLED, sample } from '../support/sample.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'

const PATHS = sample(['/muster', '/a/b', ''], { of: 2, offset: 0 })

describe.skipIf(!HAS_BROWSER).each(PATHS)(`a server behind a proxy with the path "%s" (${SAMPLED})`, (path) => {
  let proxy: PathProxy
  let server: TestServer
  let tenant: TestTenant
  let browser: Browser
  let device_id: string
  beforeAll(async () => {
    proxy = await startPathProxy(path)
    server = await startServer({ environment: { MUSTER_PUBLIC_URL: `${proxy.url}/` } })
    proxy.target = server.url
    tenant = await server.tenant()
    const [device] = await enrol(server, tenant, 1)
    device_id = device?.id ?? ''
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    browser = await openBrowser(`${proxy.url}/`)
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  test('has a working web UI: pages, links, reloads, the session, events and downloads', async () => {
    const { page, context, problems } = browser
    const heading = (name: string) => page.getByRole('heading', { level: 1, name })
    // A deep link is opened first: its page is shown after signing in.
    await page.goto(`${proxy.url}/devices/${encodeURIComponent(device_id)}`)
    await page.getByLabel('E-mail address').fill(tenant.email)
    await page.getByLabel(/^Password/).fill(tenant.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: 'Releases' }).first().click()
    await heading('Releases').waitFor()
    expect(page.url()).toBe(`${proxy.url}/releases`)
    await page.getByRole('link', { name: 'release-1' }).click()
    await page.waitForURL(`${proxy.url}/releases/release-1`)
    await page.reload()
    await heading('release-1').waitFor()
    await page.goBack()
    await heading('Releases').waitFor()
    const stream = page.waitForRequest(/\/v2\/deployments\/events$/)
    await page.goto(`${proxy.url}/`)
    await heading('Overview').waitFor()
    expect((await stream).url()).toBe(`${proxy.url}/api/management/v2/deployments/events`)
    const [cookie] = await context.cookies(`${proxy.url}/api/`)
    expect(cookie?.path).toBe(`${path}/api/`)
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Muster' }).waitFor()
    expect(await context.cookies(`${proxy.url}/api/`)).toEqual([])
    expect(problems).toEqual([])
    expect(proxy.strays.filter((one) => one !== '/favicon.ico')).toEqual([])
  }, 360_000)

  test('returns links below the path, without a double slash', async () => {
    const { body } = await tenant.api.get('/api/management/v1/deployments/artifacts')
    const link = (await tenant.api.get(`/api/management/v1/deployments/artifacts/${body[0].id}/download`)).body.uri
    expect(link).toMatch(new RegExp(`^${proxy.url}/api/devices/v1/deployments/artifacts/`))
    expect((await fetch(link)).status).toBe(200)
  })
})
