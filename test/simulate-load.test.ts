import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uploadTestArtifact } from './support/artifact.ts'
import { deploy, inventoryTerm, saveFilter, statistics } from './support/deploy.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { runHere } from './support/run-here.ts'
import { startServer, type TestServer, type TestTenant } from './support/server.ts'

const DEVAUTH = '/api/management/v2/devauth/devices'

let server: TestServer
let tenant: TestTenant
let scratch: string
beforeAll(async () => {
  server = await startServer()
  tenant = await server.tenant()
  scratch = await mkdtemp(join(tmpdir(), 'muster-load-'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

const load = (...argv: string[]) =>
  runHere(['simulate', ...argv, '--tenant-token', tenant.tenant_token], {
    ...{ MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: scratch },
  })

test('simulated devices are accepted, report inventory, poll, install and fail, and are timed', async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['simulated'] })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('site', 'lab'))
  const id = await deploy(tenant.api, { filter_id })
  const options = ['--devices', '40', '--interval', '1s', '--duration', '8s', '--attribute', 'site=lab', '--json']
  const { code, stdout, stderr } = await load(
    'load',
    ...options,
    '--accept',
    '--failure-rate',
    '0.5',
    '--silence-rate',
    '0.25',
  )
  expect([code, stderr]).toEqual([0, ''])
  const { kinds, errors, skipped } = JSON.parse(stdout)
  expect([errors, skipped]).toEqual([{}, 0])
  for (const kind of ['authentication', 'inventory', 'poll', 'status', 'log']) {
    expect([kind, kinds[kind].requests > 0]).toEqual([kind, true])
    expect(kinds[kind].p50).toBeLessThanOrEqual(kinds[kind].p99)
    expect(kinds[kind].p99).toBeLessThanOrEqual(kinds[kind].max)
  }
  const devices = (await tenant.api.get(`${DEVAUTH}?per_page=500`)).body
  expect(devices.length).toBeGreaterThan(25)
  expect(devices.length).toBeLessThan(35)
  const { success = 0, failure = 0 } = await statistics(tenant.api, id)
  expect(Math.min(success, failure)).toBeGreaterThan(0)
  await expectCountersToEqualRows(server.env.db)
})

test('a repeated load uses the same devices, and the warm-up is not part of the results', async () => {
  const before = (await tenant.api.get(`${DEVAUTH}?per_page=500`)).body.length
  const times = ['--warm-up', '2', '--interval', '1', '--duration', '3s']
  const { stdout } = await load('--devices', '20', ...times, '--silence-rate', '0.25', '--inventory-every', '1000')
  expect(stdout).toMatch(/^20 devices polling \S+ every 1 s\.$/m)
  expect(stdout).toMatch(/^poll +\d+ +\d+\.\d/m)
  const authentications = Number(/^authentication +(\d+)/m.exec(stdout)?.[1] ?? 0)
  expect(authentications).toBeLessThan(10)
  expect(stdout).not.toContain('Errors:')
  expect((await tenant.api.get(`${DEVAUTH}?per_page=500`)).body).toHaveLength(before)
})

test('with --new-connections each request has a connection of its own, and TLS sessions are resumed on request', async () => {
  const [cert, key] = [join(scratch, 'cert.pem'), join(scratch, 'key.pem')]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  await promisify(execFile)('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert])
  await using secure = await startServer({ tls: { cert, key } })
  const { tenant_token } = await secure.tenant()
  const options = ['--devices', '20', '--interval', '1s', '--duration', '3s', '--url', secure.url, '--json']
  for (const more of [[], ['--resume']]) {
    const argv = ['simulate', 'load', ...options, '--new-connections', ...more, '--tenant-token', tenant_token]
    const { code, stdout, stderr } = await runHere(argv, { XDG_CONFIG_HOME: scratch })
    expect([code, stderr]).toEqual([0, ''])
    const { kinds, errors, connections } = JSON.parse(stdout)
    expect(errors).toEqual({})
    const requests = Object.values(kinds as Record<string, { requests: number }>).reduce(
      (sum, one) => sum + one.requests,
      0,
    )
    expect(requests).toBeGreaterThan(20)
    expect(connections.opened).toBeGreaterThanOrEqual(requests)
    // All but those that were opened before the first session was there.
    if (more.length === 0) expect(connections.resumed).toBe(0)
    else expect(connections.resumed).toBeGreaterThan(requests / 2)
  }
})

test('an unreachable server is reported in the errors', async () => {
  const { code, stdout } = await load(
    '--devices',
    '2',
    '--interval',
    '1s',
    '--duration',
    '2s',
    '--url',
    'http://127.0.0.1:9',
  )
  expect([code, stdout]).toEqual([0, expect.stringMatching(/authentication: ECONNREFUSED \(\d+ times\)/)])
})

test.each([
  [['--devices', '1000001'], '--devices must be at most 1000000'],
  [['--interval', 'often'], '--interval must be a duration such as 90s, 5m or 1h'],
  [['--silence-rate', '2'], '--silence-rate must be a number from 0 to 1'],
  [['--resume'], '--resume needs --new-connections'],
  [['--new-connections', '--resume'], '--resume needs a URL that begins with https://'],
  [['--connections', '0'], '--connections must be a whole number, at least 1'],
])('%j is wrong usage', async (argv, sentence) => {
  const { code, stderr } = await load(...argv)
  expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)])
})
