import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

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
  const { width = 1280, height = 900, dark = false, timezone = 'Europe/Berlin', scale = 1 } = view
  const browser = await launch()
  const context = await browser.newContext({
    ...{ baseURL: url, deviceScaleFactor: scale, viewport: { width, height } },
    ...{ colorScheme: dark ? 'dark' : 'light', timezoneId: timezone },
    // Colors are checked after their transitions.
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(60_000)
  return {
    context,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await leave()
    },
  }
}

let running: Promise<Browser> | undefined
let users = 0

/** Starting Chromium takes seconds of processor time: the contexts that are open at a time share one. */
function launch(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('no Chromium found: install it, or name it in CHROMIUM')
  users++
  running ??= chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS })
  return running
}

async function leave() {
  if (--users > 0) return
  const browser = await running
  running = undefined
  await browser?.close()
}
