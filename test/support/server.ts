import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operatorOf } from '../../src/auth/actor.ts'
import { hashPassword } from '../../src/auth/password.ts'
import type { Plan } from '../../src/auth/plan.ts'
import { FULL_ROLE } from '../../src/auth/role.ts'
import { openSession } from '../../src/auth/sessions/open-session.ts'
import { createTenant } from '../../src/auth/tenants/create-tenant.ts'
import { insertUser } from '../../src/auth/users/create-user.ts'
import { readConfig } from '../../src/config.ts'
import { announceWaits } from '../../src/deployments/upkeep/announce-waits.ts'
import { superviseRollouts } from '../../src/deployments/upkeep/supervise-rollouts.ts'
import type { Env } from '../../src/env.ts'
import { saveCheckIns } from '../../src/inventory/attributes/check-ins.ts'
import { serve } from '../../src/serve.ts'
import { type Api, openApi } from './api.ts'
import { startBalancer } from './balancer.ts'
import { type Cloned, cloneDatabase } from './clone-database.ts'
import { startS3, type TestS3 } from './s3.ts'

export type TestServer = AsyncDisposable & {
  url: string
  metrics_url: string | undefined
  env: Env
  database_url: string
  /** MUSTER_S3_* for a command that uses the same data. */
  s3_settings: Record<string, string>
  /** Moves the clock of the server on; a negative number sets it back. */
  advance(ms: number): void
  /** Looks for what happens to rollouts by time alone, now. */
  supervise(): Promise<void>
  /** Writes the check-ins of devices now. */
  saveCheckIns(): Promise<void>
  /** A new tenant with a signed-in user. */
  tenant(plan?: Plan): Promise<TestTenant>
  /** Names of the stored files of a tenant, on disk or in S3. */
  filesOf(tenant_id: string): Promise<string[]>
}

export type TestTenant = { tenant_id: string; tenant_token: string; email: string; password: string; api: Api }

export type ServerOptions = {
  /** Whether rollouts are supervised each second; by default only on request of a test. */
  supervises?: boolean
  database_url?: string
  data_dir?: string
  tls?: { cert: string; key: string }
  trust_proxy?: string[]
  /** MUSTER_S3_* */
  s3?: Record<string, string>
  /** Further settings. */
  environment?: Record<string, string>
  /** Whether the test is about what a process holds in memory, so that it needs one server in every mode. */
  is_single?: boolean
}

/** With MUSTER_TEST_BLOBS=s3 every test runs on S3; links refer to the server, as without S3. */
export async function ownS3(): Promise<TestS3 | undefined> {
  if (process.env.MUSTER_TEST_BLOBS !== 's3') return undefined
  const s3 = await startS3('fauxqs')
  return { ...s3, settings: { ...s3.settings, MUSTER_S3_PROXY: 'true' } }
}

const SERVERS = Number(process.env.MUSTER_TEST_SERVERS || 1)
export const hasSeveralServers = SERVERS > 1

/** With MUSTER_TEST_SERVERS=3 tests run on three servers in rotation; TLS is terminated by a server. */
const serversFor = ({ tls, is_single }: ServerOptions): number => (tls || is_single ? 1 : SERVERS)

/** A real server on a free port of 127.0.0.1 with a separate database (or the given one). */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const s3 = options.s3 ? undefined : await ownS3()
  const s3_settings = s3?.settings ?? options.s3 ?? {}
  const database: Cloned = options.database_url
    ? { url: options.database_url, drop: async () => {} }
    : await cloneDatabase()
  const data_dir = options.data_dir ?? (await mkdtemp(join(tmpdir(), 'muster-server-')))
  let offset = 0
  const config = {
    ...readConfig({
      MUSTER_PORT: '0',
      MUSTER_DATA_DIR: data_dir,
      DATABASE_URL: 'postgres://unused',
      MUSTER_LOG_LEVEL: 'error',
      ...(database.replica_url ? { DATABASE_REPLICA_URL: database.replica_url } : {}),
      ...s3_settings,
      ...options.environment,
    }),
    admin_password: 'administrator',
    database_url: database.url,
    tls: options.tls,
    trust_proxy: options.trust_proxy,
  }
  // Check-ins are written only on request of a test, because others check that rows are unchanged; so are rollouts and samples.

  const never = {
    save_every_ms: HOUR_MS,
    sample_every_ms: HOUR_MS,
    supervise_every_ms: options.supervises ? 1000 : HOUR_MS,
  }
  const start = () => serve(config, { now: () => new Date(Date.now() + offset), ...never })
  const servers = await Promise.all(Array.from({ length: serversFor(options) }, start))
  const balancer = servers.length > 1 ? await startBalancer(servers.map(({ url }) => url)) : undefined
  const { url, env } = { ...servers[0]!, ...balancer }
  return {
    url,
    metrics_url: servers[0]!.metrics_url,
    env,
    database_url: database.url,
    s3_settings,
    advance: (ms) => {
      offset += ms
    },
    supervise: async () => {
      await superviseRollouts(env, new AbortController().signal)
      await announceWaits(env, new AbortController().signal)
    },
    saveCheckIns: async () => {
      for (const server of servers) await saveCheckIns(server.env)
    },
    tenant: (plan = 'enterprise') => makeTenant(env, url, plan),
    filesOf: async (tenant_id) => {
      const found = await readdir(join(data_dir, 'artifacts', tenant_id)).catch(() => [])
      const keys = s3 ? [...(await s3.keys()), ...s3.unfinished()] : []
      return [...found, ...keys.filter((key) => key.startsWith(`${tenant_id}/`)).map((key) => key.split('/')[1] ?? '')]
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
      await balancer?.[Symbol.asyncDispose]()
      await s3?.[Symbol.asyncDispose]()
      await database.drop()
      if (!options.data_dir) await rm(data_dir, { recursive: true, force: true })
    },
  }
}

const HOUR_MS = 60 * 60 * 1000
const PASSWORD = 'correct horse battery'
let hashed: Promise<string> | undefined

/** Hashing intentionally takes a quarter of a second: done once for all users whose password is not under test. */
const hashOnce = (): Promise<string> => {
  hashed ??= hashPassword(PASSWORD)
  return hashed
}

type UserOptions = { plan?: Plan; roles: string[] }

/** Creates a user as the operator does, and signs in. */
export async function insertSignedIn(env: Env, tenant_id: string, { plan = 'enterprise', roles }: UserOptions) {
  const user = { id: randomUUID(), email: `${randomUUID()}@example.com`, password_hash: await hashOnce(), roles }
  await env.db.transaction((tx) => insertUser(tx, env.now(), { actor: operatorOf(tenant_id), user }))
  const token = await openSession(env, { tenant_id, id: user.id, plan, trial: false })
  return { email: user.email, token }
}

async function makeTenant(env: Env, url: string, plan: Plan): Promise<TestTenant> {
  const { tenant_id, tenant_token } = await createTenant(env, { name: 'test', plan })
  const { email, token } = await insertSignedIn(env, tenant_id, { plan, roles: [FULL_ROLE] })
  return { tenant_id, tenant_token, email, password: PASSWORD, api: openApi(url, token) }
}
