import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { TestTenant } from './server.ts'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const CHROMIUM = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path))
/** No connections to other machines; no sandbox, which would require privileges. */
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]
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
}

type View = { width?: number; height?: number; dark?: boolean; timezone?: string }

/** A real browser with an empty profile, for a server. */
export async function openBrowser(url: string, view: View = {}): Promise<Browser> {
  if (!CHROMIUM) throw new Error('no Chromium found: install it, or name it in CHROMIUM')
  const { width = 1280, height = 900, dark = false, timezone = 'Europe/Berlin' } = view
  const profile = await mkdtemp(join(tmpdir(), 'muster-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...{ executablePath: CHROMIUM, headless: true, args: FLAGS, baseURL: url },
    ...{ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', timezoneId: timezone },
    // Colors are checked after their transitions.
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(10_000)
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
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) problems.push(`left: ${request.url()}`)
  })
  return {
    ...{ page, context, problems, refusals },
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Signs in with the form, as a user does. */
export async function signIn(page: Page, { email, password }: Pick<TestTenant, 'email' | 'password'>, path = '/') {
  await page.goto(path)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel(/^Password/).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' })
}

/** Stores a screenshot as output of the test, for review. */
export async function screenshot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
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
  await page.evaluate(SETTLED)
  const script = await readFile(AXE, 'utf8')
  // Evaluated by the debugger, which no Content-Security-Policy blocks, so none has to be disabled.
  const findings = (await page.evaluate(
    `${script}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )) as Finding[]
  const serious = findings.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    serious.map(({ id, nodes }) => ({ id, at: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) })),
  ).toEqual([])
}

/** Expects no horizontal overflow at this width after all animations. */
export const expectNoSidewaysScroll = (page: Page): Promise<void> =>
  expect.poll(() => page.evaluate<string[]>(STICKING_OUT), { timeout: 3000 }).toEqual([])

const STICKING_OUT = `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth ? [] :
  ['page', ...[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > clientWidth)
    .map((one) => one.outerHTML.slice(0, 200))])(document.documentElement)`
