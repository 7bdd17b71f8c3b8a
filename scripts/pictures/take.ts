import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Login } from '../../src/client/manager.ts'
import { openContext, type View } from '../../test/support/chromium.ts'
import type { Paths } from './paths.ts'

type Picture = View & { name: string; page: keyof Paths & string; height: number }

/** Those of the README: of twice the pixels, so that they are sharp. */
const README: readonly Picture[] = [
  { name: 'overview', page: 'overview', width: 1360, height: 680 },
  { name: 'report', page: 'report', width: 1360, height: 700, dark: true },
]

type Taking = { url: string; login: Login; paths: Paths; folder: string }

export async function takeForReadme({ url, login, paths, folder }: Taking): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { name, page: key, ...view } of README.filter(({ page }) => page in paths)) {
    await using browser = await openContext(url, { ...view, scale: 2 })
    const page = await browser.context.newPage()
    await signIn(page, login)
    await open(page, paths[key] ?? '/')
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
  }
}

const WIDTHS = [360, 768, 1440, 2560]

/** Each page at each width in both color schemes. */
export async function takeSweep({ url, login, paths, folder }: Taking): Promise<void> {
  await mkdir(folder, { recursive: true })
  await using browser = await openContext(url)
  const page = await browser.context.newPage()
  await signIn(page, login)
  for (const [name, path] of Object.entries(paths))
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: Math.max(900, Math.round(width * 0.6)) })
      await open(page, path)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await settle(page)
        const file = join(folder, `${name}-${width}-${colorScheme}.png`)
        await page.screenshot({ path: file, fullPage: width < 1440, animations: 'disabled' })
      }
    }
}

async function signIn(page: Page, { email, password }: Login) {
  await page.goto('/')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel(/^Password/).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' })
}

async function open(page: Page, path: string) {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await settle(page)
}

/** Until nothing is loading any more. */
async function settle(page: Page) {
  const is_loading = `document.querySelector('[aria-busy=true], .mantine-Skeleton-root, [data-stale]') !== null`
  for (let quiet = 0; quiet < 3; await sleep(100)) quiet = (await page.evaluate(is_loading)) ? 0 : quiet + 1
}
