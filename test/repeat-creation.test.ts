import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repeatingCreation } from '../src/client/repeat-creation.ts'
import type { Answer } from '../src/client/send.ts'
import { noAnswer } from '../src/client/server-error.ts'
import { ARTIFACTS, buildArtifact } from './support/artifact.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { runHere } from './support/run-here.ts'

const server = useServer()
const tenant = useTenant(server)
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-repeat-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** A proxy that loses the answers of the first `losing` connections, once the server has sent them. */
async function startLosing(losing: number): Promise<AsyncDisposable & { url: string; lost: () => number }> {
  const target = new URL(server.url)
  let lost = 0
  const proxy = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.pipe(upstream)
    if (lost >= losing) return void upstream.pipe(client)
    upstream.once('data', () => {
      lost++
      client.resetAndDestroy()
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    lost: () => lost,
    [Symbol.asyncDispose]: async () => {
      proxy.close()
    },
  }
}

const muster = (url: string, argv: string[]) =>
  runHere(argv, { MUSTER_URL: url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: dir })

test('the command line repeats a creation whose answer was lost, and it is created once', async () => {
  await using proxy = await startLosing(2)
  const create = ['filters', 'create', '--name', 'lost', '--term', 'inventory/a == b']
  const { code, stdout, stderr } = await muster(proxy.url, create)
  expect([code, stderr, proxy.lost()]).toEqual([0, '', 2])
  const { body } = await tenant.api.get('/api/management/v2/inventory/filters')
  expect(body).toMatchObject([{ name: 'lost', id: stdout.trim().split(/ +/).at(-1) }])
})

test('the same of an upload, whose file is read again', async () => {
  await using proxy = await startLosing(1)
  const file = join(dir, 'lost.mender')
  await writeFile(file, await buildArtifact({ name: 'lost' }))
  const { code, stdout, stderr } = await muster(proxy.url, ['artifacts', 'upload', file])
  expect([code, stderr, proxy.lost()]).toEqual([0, '', 1])
  const { body } = await tenant.api.get(ARTIFACTS)
  expect(body).toMatchObject([{ name: 'lost', id: stdout.trim().split(/ +/).at(-1) }])
  const again = await muster(server.url, ['artifacts', 'upload', file])
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') })
  const tolerant = await muster(server.url, ['artifacts', 'upload', file, '--unless-exists'])
  expect(tolerant).toEqual({ code: 0, stdout: 'The artifact exists already.\n', stderr: '' })
})

const answer = (status: number, code?: string) =>
  ({ status, headers: {}, bytes: Buffer.alloc(0), body: { code } }) as Answer
const failing = (code: string) => noAnswer('http://127.0.0.1:1', Object.assign(new Error('failed'), { code }))

/** Attempts end in the order of the list. */
async function repeat(endings: (Answer | Error)[], options = { patience_ms: 10_000, pause_ms: 1 }) {
  let attempts = 0
  const result = await repeatingCreation(async () => {
    const ending = endings[attempts++]!
    if (ending instanceof Error) throw ending
    return ending
  }, options).catch((error: Error) => error)
  return { attempts, result }
}

test('a creation is repeated only while nobody knows whether it was done', async () => {
  const done = answer(201)
  const inUse = answer(409, 'idempotency_key_in_use')
  const reset = failing('ECONNRESET')
  const refused = failing('ECONNREFUSED')
  expect(await repeat([inUse, inUse, done])).toEqual({ attempts: 3, result: done })
  expect(await repeat([reset, refused, answer(503), inUse, done])).toEqual({ attempts: 5, result: done })
  const conflict = answer(409, 'filter_name_taken')
  expect(await repeat([conflict])).toEqual({ attempts: 1, result: conflict })
  expect(await repeat([answer(503)])).toEqual({ attempts: 1, result: answer(503) })
  expect(await repeat([refused])).toEqual({ attempts: 1, result: refused })
  expect(await repeat([reset], { patience_ms: -1, pause_ms: 1 })).toEqual({ attempts: 1, result: reset })
  expect(await repeat([inUse], { patience_ms: -1, pause_ms: 1 })).toEqual({ attempts: 1, result: inUse })
})
