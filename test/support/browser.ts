import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { CHROMIUM, openContext, type View } from './chromium.ts'
import { sample } from './sample.ts'
import type { TestServer, TestTenant } from './server.ts'

const SCREENSHOTS = join('test-output', 'screenshots')
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Whether a browser is installed. CI must have one. */
export const HAS_BROWSER = CHROMIUM !== undefined || process.env.CI === 'true'

export type Browser = AsyncDisposable & {
  page: Page
  context: BrowserContext
  /** Problems of the page: script errors, blocked content, requests to other servers. */
  problems: string[]
  /** Failed requests, as `404 GET /icon.svg`. */
  refusals: string[]
  /** Requests without the end of a response, except event streams. */
  pending: ReadonlySet<Request>
}

/** A page of a real browser without cookies and cache, for a server. */
export async function openBrowser(url: string, view: View = {}): Promise<Browser> {
  const { context, [Symbol.asyncDispose]: dispose } = await openContext(url, view)
  const page = context.pages()[0] ?? (await context.newPage())
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`))
  page.on('console', (message) => {
    // A failed request is shown on the page; the browser also logs it to its console.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
    problems.push(`console: ${message.text()}`)
  })
  const refusals: string[] = []
  page.on('response', (response) => {
    if (response.status() >= 400)
      refusals.push(`${response.status()} ${response.request().method()} ${response.url().slice(url.length)}`)
  })
  const pending = new Set<Request>()
  page.on('requestfinished', (request) => pending.delete(request))
  page.on('requestfailed', (request) => pending.delete(request))
  page.on('request', (request) => {
    // What the page before has asked for ends with it.
    if (request.isNavigationRequest()) pending.clear()
    if (request.resourceType() !== 'eventsource') pending.add(request)
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) problems.push(`left: ${request.url()}`)
  })
  return { ...{ page, context, problems, refusals, pending }, [Symbol.asyncDispose]: dispose }
}

/** A browser for all tests of the calling `describe`; usable from `beforeAll` to `afterAll`. */
export function useBrowser(server: Pick<TestServer, 'url'>, view?: View): Browser {
  const browser = {} as Browser
  // A busy machine takes longer for what a page does.
  vi.setConfig({ testTimeout: 270_000 })
  beforeAll(async () => {
    Object.assign(browser, await openBrowser(server.url, view))
  })
  // Undefined if it did not start.
  afterAll(() => browser[Symbol.asyncDispose]?.())
  return browser
}

/** Signs in with the form, as a user does. */
export async function signIn(page: Page, { email, password }: Pick<TestTenant, 'email' | 'password'>, path = '/') {
  await page.goto(path)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel(/^Password/).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' })
}

/** Stores a screenshot as output of the test, for review; not in CI, where nobody reviews them. */
export async function screenshot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  if (process.env.CI === 'true') return
  await mkdir(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage, animations: 'disabled' })
}

type Finding = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }

/** Waits for two frames and all finite animations. */
const SETTLED = `new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))).then(() =>
  Promise.allSettled(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished)))`

/** Expects no serious or critical violations of axe-core. */
export async function expectAccessible(page: Page): Promise<void> {
  // What is being refreshed is dimmed until then.
  await expect.poll(() => page.locator('.stale, [data-stale]').count()).toBe(0)
  await page.evaluate(SETTLED)
  // Evaluated by the debugger, which no Content-Security-Policy blocks, so none has to be disabled. Loading it takes as
  // long as a run: once in each document.
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(await readFile(AXE, 'utf8'))
  const findings = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )) as Finding[]
  const serious = findings.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    serious.map(({ id, nodes }) => ({ id, at: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) })),
  ).toEqual([])
}

/** Expects no horizontal overflow at this width after all animations. */
export const expectNoSidewaysScroll = (page: Page): Promise<void> =>
  expect.poll(() => page.evaluate<string[]>(STICKING_OUT)).toEqual([])

const STICKING_OUT = `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth ? [] :
  ['page', ...[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > clientWidth)
    .map((one) => one.outerHTML.slice(0, 200))])(document.documentElement)`

/** The first of each two, or the second, is a wide and a narrow screen, a light and a dark one. */
const LOOKS = [
  { width: 1440, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
  { width: 360, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
] as const

/**
 * Expects that a page fits a phone and a wide screen, and is accessible there in light and dark mode, and stores
 * screenshots. `resized` waits for what else a page does at another width.
 */
export async function expectGoodLooks(
  page: Page,
  name: string,
  { resized = async (_width: number) => {}, fullPage = true } = {},
): Promise<void> {
  const viewport = page.viewportSize()
  for (const { width, colorScheme } of sample(LOOKS, { of: 2, offset: 0 })) {
    await page.setViewportSize({ width, height: 900 })
    await resized(width)
    await page.emulateMedia({ colorScheme })
    await page.evaluate('scrollTo(0, 0)')
    await expectNoSidewaysScroll(page)
    await expectAccessible(page)
    await screenshot(page, `${name}-${width}-${colorScheme}`, { fullPage })
  }
  if (viewport) await page.setViewportSize(viewport)
  await page.emulateMedia({ colorScheme: 'light' })
}
