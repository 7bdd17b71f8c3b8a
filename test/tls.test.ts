import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, startMuster } from './support/command.ts'

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

const start = (workers: number) =>
  startMuster({
    ...{ MUSTER_DATA_DIR: join(scratch, 'data'), DATABASE_URL: database.url, MUSTER_LOG_LEVEL: 'info' },
    ...{ MUSTER_TLS_CERT: join(scratch, 'current', 'cert.pem'), MUSTER_TLS_KEY: join(scratch, 'current', 'key.pem') },
    ...{ MUSTER_WORKERS: String(workers) },
  })

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
}, 180_000)

test('a renewed certificate is used without a signal, within some seconds', async () => {
  await use('first')
  const server = await start(1)
  expect(await shown(server)).toBe('CN=first')
  await use('second')
  await expect.poll(() => shown(server), { timeout: 25_000 }).toBe('CN=second')
  expect(await server.kill('SIGTERM')).toBe(0)
}, 180_000)
