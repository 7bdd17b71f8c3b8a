import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const CHROMIUM = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path))
/** No connections to other machines; no sandbox, which would require privileges. */
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

export type View = { width?: number; height?: number; dark?: boolean; timezone?: string; scale?: number }

/** A real browser with an empty profile, for a server. */
export async function openContext(
  url: string,
  view: View = {},
): Promise<AsyncDisposable & { context: BrowserContext }> {
  if (!CHROMIUM) throw new Error('no Chromium found: install it, or name it in CHROMIUM')
  const { width = 1280, height = 900, dark = false, timezone = 'Europe/Berlin', scale = 1 } = view
  const profile = await mkdtemp(join(tmpdir(), 'muster-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...{ executablePath: CHROMIUM, headless: true, args: FLAGS, baseURL: url, deviceScaleFactor: scale },
    ...{ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', timezoneId: timezone },
    // Colors are checked after their transitions.
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(60_000)
  return {
    context,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
