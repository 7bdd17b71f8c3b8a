import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../src/config.ts'
import { serve } from '../../src/serve.ts'
import { run } from '../../test/support/run-statement.ts'
import { findPaths } from './paths.ts'
import { simulate } from './simulate.ts'
import { takeForReadme, takeSweep } from './take.ts'
import { signInUser } from './user.ts'

// npm run pictures: CONTRIBUTING.md describes it.

const { values, positionals: only } = parseArgs({
  options: { data: { type: 'string' }, sweep: { type: 'string' } },
  allowPositionals: true,
})

/** A Friday afternoon in Berlin: the same in every run. */
const END = new Date('2026-11-27T14:20:00Z')
const HOUR_MS = 60 * 60 * 1000
const START = new Date(END.getTime() - 14 * 24 * HOUR_MS)
const ADA = { email: 'ada@example.com', password: 'administrator' }
const IMAGES = resolve(import.meta.dirname, '../../docs/images')

let ahead_ms = 0
const setClock = (time: Date) => {
  ahead_ms = time.getTime() - Date.now()
}

const data_dir = values.data ? resolve(values.data) : await mkdtemp(join(tmpdir(), 'muster-pictures-'))
const is_made = existsSync(join(data_dir, 'postgres'))
const config = readConfig({
  ...{ MUSTER_PORT: '0', MUSTER_DATA_DIR: data_dir, MUSTER_LOG_LEVEL: 'warn' },
  MUSTER_WEBHOOK_ALLOW: 'loopback',
  ...{ MUSTER_ADMIN_EMAIL: ADA.email, MUSTER_ADMIN_PASSWORD: ADA.password },
})
try {
  // Events are recorded in the order of time: none before the fortnight may have the time of its end.
  setClock(is_made ? END : START)
  // The background tasks run after each step of the clock instead.
  const never = { save_every_ms: HOUR_MS, sample_every_ms: HOUR_MS, supervise_every_ms: HOUR_MS }
  await using server = await serve(config, { now: () => new Date(Date.now() + ahead_ms), ...never })
  const { url, env } = server
  if (!is_made) {
    await run(env.database_url, 'alter system set fsync = off')
    await run(env.database_url, 'select pg_reload_conf()')
    await simulate({ server, ada: ADA, setClock, end: END })
  }
  setClock(new Date(END.getTime() + 60_000))
  const all = await findPaths(await signInUser(url, ADA))
  const paths = only.length > 0 ? Object.fromEntries(only.map((name) => [name, all[name] ?? `/${name}`])) : all
  const taking = { url, login: ADA, paths }
  if (values.sweep) await takeSweep({ ...taking, folder: resolve(values.sweep) })
  else await takeForReadme({ ...taking, folder: IMAGES })
} finally {
  if (!values.data) await rm(data_dir, { recursive: true, force: true })
}
