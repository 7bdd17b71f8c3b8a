import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { logIn, type Manager, openManager } from '../src/client/manager.ts'
import type { Database } from '../src/db/db.ts'
import { openEmbedded } from '../src/db/embedded/embedded.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { fillFleet } from './large-fleet.ts'

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js')
export const ADMINISTRATOR = { email: 'bench@example.com', password: 'measure for measure' }

/** The built server in its own process, with 1,000,000 devices. */
export type FleetServer = AsyncDisposable & {
  pid: number
  url: string
  tenant_id: string
  db: Database
  manager: Manager
}

/** The directory in `BENCH_FLEET_DIR` is filled once and reused: filling it takes minutes and 3 GB. */
export async function startFleetServer(): Promise<FleetServer> {
  const reused = process.env.BENCH_FLEET_DIR
  const dir = reused ?? (await mkdtemp(join(tmpdir(), 'muster-bench-')))
  const embedded = await openEmbedded(dir, { exclusive: false })
  const server = await startServer(dir, embedded.url)
  const db = openPool(embedded.url, 4)
  const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
  const tenant_id = tenant?.tenant_id ?? ''
  const filled = await db.first(sql`select 1 from releases where tenant_id = ${tenant_id}`)
  if (!filled) await fillFleet(db, tenant_id)
  const manager = openManager({ url: server.url, token: await logIn(server, ADMINISTRATOR) })
  const close = async () => {
    await server.stop()
    await db.close()
    await embedded.stop()
    if (!reused) await rm(dir, { recursive: true, force: true })
  }
  return { pid: server.pid, url: server.url, tenant_id, db, manager, [Symbol.asyncDispose]: close }
}

export async function startServer(data_dir: string, database_url: string, settings: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...{ PATH: process.env.PATH, MUSTER_PORT: '0', MUSTER_DATA_DIR: data_dir, DATABASE_URL: database_url },
      ...{ MUSTER_LOG_LEVEL: 'error', MUSTER_ADMIN_EMAIL: ADMINISTRATOR.email },
      ...{ MUSTER_ADMIN_PASSWORD: ADMINISTRATOR.password, ...settings },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return { url, pid: child.pid ?? 0, stop }
  }
  throw new Error('The server did not start. Is it built (npm run build)?')
}
