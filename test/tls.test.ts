import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type SecureVersion } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { sql } from '../src/db/sql.ts'
import { serve } from '../src/serve.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, startMuster } from './support/command.ts'
import { freePort } from './support/server-process.ts'
import { isRunning, workersOf } from './support/worker-processes.ts'

let scratch: string
let database: Awaited<ReturnType<typeof cloneDatabase>>
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-tls-'))
  database = await cloneDatabase()
  for (const name of ['first', 'second', 'third']) await makePair(name)
})
afterAll(async () => {
  await database.drop()
  await rm(scratch, { recursive: true, force: true })
})

async function makePair(name: string) {
  await mkdir(join(scratch, name))
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const files = ['-keyout', join(scratch, name, 'key.pem'), '-out', join(scratch, name, 'cert.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', ...ec, ...files, '-subj', `/CN=${name}`])
}

/** As certbot and Kubernetes do: the path stays the same, and a symbolic link in it changes. */
async function use(name: string) {
  await symlink(join(scratch, name), join(scratch, 'next'))
  await rename(join(scratch, 'next'), join(scratch, 'current'))
}

const settings = () => ({
  ...{ MUSTER_DATA_DIR: join(scratch, 'data'), DATABASE_URL: database.url, MUSTER_PORT: '0' },
  ...{ MUSTER_TLS_CERT: join(scratch, 'current', 'cert.pem'), MUSTER_TLS_KEY: join(scratch, 'current', 'key.pem') },
})

const start = (workers: number, more: Record<string, string> = {}) =>
  startMuster({ ...settings(), MUSTER_LOG_LEVEL: 'info', MUSTER_WORKERS: String(workers), ...more })

const shown = ({ url }: RunningServer) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate(true).raw).subject)
      socket.destroy()
    })
    socket.on('error', reject)
  })

/** Over enough connections to reach every worker. */
const shownToMany = async (server: RunningServer) =>
  new Set(await Promise.all(Array.from({ length: 20 }, () => shown(server))))

test('after SIGHUP every worker uses a renewed certificate, or keeps the old one if the new is invalid', async () => {
  await use('first')
  const server = await start(2)
  expect(await shownToMany(server)).toEqual(new Set(['CN=first']))
  await use('second')
  server.child.kill('SIGHUP')
  await expect.poll(() => shownToMany(server)).toEqual(new Set(['CN=second']))

  await mkdir(join(scratch, 'mixed'))
  await copyFile(join(scratch, 'third', 'cert.pem'), join(scratch, 'mixed', 'cert.pem'))
  await copyFile(join(scratch, 'first', 'key.pem'), join(scratch, 'mixed', 'key.pem'))
  for (const broken of ['mixed', 'missing']) {
    await use(broken)
    server.child.kill('SIGHUP')
    await expect.poll(() => server.output().match(/cannot be used/g)?.length).toBe(broken === 'mixed' ? 2 : 4)
    expect(await shownToMany(server)).toEqual(new Set(['CN=second']))
  }
  await use('third')
  server.child.kill('SIGHUP')
  await expect.poll(() => shownToMany(server)).toEqual(new Set(['CN=third']))
  expect(server.output()).toMatch(/"subject":"CN=third","valid_to":"[^"]+".*is in use/)
  expect(await server.kill('SIGTERM')).toBe(0)
})

test('a renewed certificate is used without a signal, within some seconds', async () => {
  await use('first')
  const server = await start(1)
  expect(await shown(server)).toBe('CN=first')
  await use('second')
  await expect.poll(() => shown(server), { timeout: 75_000 }).toBe('CN=second')
  expect(await server.kill('SIGTERM')).toBe(0)
})

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

type Connected = { session: Buffer; is_resumed: boolean }

/** A request over a new connection. By TLS 1.3 the session comes with the response. */
const ask = ({ url }: { url: string }, version: SecureVersion, former?: Buffer): Promise<Connected> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false }
    const versions = { minVersion: version, maxVersion: version }
    const socket = connect({ ...options, ...versions, ...(former && { session: former }) })
    let session = former
    socket.on('session', (latest) => {
      session = latest
    })
    socket.once('data', () => {
      resolve({ session: session!, is_resumed: socket.isSessionReused() })
      socket.destroy()
    })
    socket.on('error', reject)
    socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
  })

const resumes = async (server: { url: string }, version: SecureVersion, { session }: Connected) =>
  (await ask(server, version, session)).is_resumed

test('a session is resumed by every worker, by one that started later and by another server', async () => {
  await use('first')
  // A port of its own choice would change when both workers end.
  const server = await start(2, { MUSTER_PORT: String(await freePort()) })
  const sessions = await Promise.all(VERSIONS.map((version) => ask(server, version)))
  expect(sessions.map(({ is_resumed }) => is_resumed)).toEqual([false, false])
  const resumedBy = async (one: { url: string }) => {
    const tries = Array.from({ length: 20 }, (_, i) => resumes(one, VERSIONS[i % 2]!, sessions[i % 2]!))
    return new Set(await Promise.all(tries))
  }
  expect(await resumedBy(server)).toEqual(new Set([true]))

  const former = await workersOf(server.child.pid!)
  for (const pid of former) process.kill(pid, 'SIGKILL')
  const replaced = async () =>
    (await Promise.all(former.map(isRunning))).every((running) => !running) &&
    (await resumedBy(server).catch(() => 'nobody listens yet'))
  await expect.poll(replaced, { timeout: 180_000 }).toEqual(new Set([true]))

  const other = await start(1)
  expect(await resumedBy(other)).toEqual(new Set([true]))
  expect(await other.kill('SIGTERM')).toBe(0)
  expect(await server.kill('SIGTERM')).toBe(0)
})

test('the key of the tickets changes each day: one full handshake, and the next connections resume again', async () => {
  await use('first')
  let ahead_ms = 0
  const now = () => new Date(Date.now() + ahead_ms)
  await using server = await serve(readConfig({ ...settings(), MUSTER_LOG_LEVEL: 'error' }), {
    now,
    check_ticket_key_every_ms: 20,
  })
  const periods = () => server.env.db.query<{ period: number }>(sql`select period from ticket_keys order by period`)
  const [before] = await periods()
  for (const version of VERSIONS) {
    const first = await ask(server, version)
    expect(await resumes(server, version, first)).toBe(true)
    ahead_ms += 86_400_000
    // A ticket is not refused, it only does not spare the handshake.
    await expect.poll(() => resumes(server, version, first)).toBe(false)
    const next = await ask(server, version, first.session)
    expect(next.is_resumed).toBe(false)
    expect(await resumes(server, version, next)).toBe(true)
  }
  expect(await periods()).toEqual([{ period: before!.period + 2 }])
})

test('sessions survive the renewal of the certificate', async () => {
  await use('first')
  const server = await start(2)
  const sessions = await Promise.all(VERSIONS.map((version) => ask(server, version)))
  await use('second')
  server.child.kill('SIGHUP')
  await expect.poll(() => shownToMany(server)).toEqual(new Set(['CN=second']))
  for (const [i, version] of VERSIONS.entries())
    for (let times = 0; times < 5; times++) expect(await resumes(server, version, sessions[i]!)).toBe(true)
  expect(await server.kill('SIGTERM')).toBe(0)
})
