import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { authOf } from './support/auth.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, inventoryTerm, poll, saveFilter } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { integrate, startReceiver } from './support/receiver.ts'
import { startServer } from './support/server.ts'
import { freePort, startProcess } from './support/server-process.ts'

const POLL = 'route="/api/devices/v1/deployments/device/deployments/next",method="GET"'

const server = useServer({ environment: { MUSTER_METRICS_PORT: '0', MUSTER_WEBHOOK_ALLOW: 'loopback' } })

const read = async (url = server.metrics_url ?? ''): Promise<string> => {
  const response = await fetch(url)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  return response.text()
}

/** One value of the Prometheus text; 0 if it is missing. */
function numberOf(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

test('requests, batches, claims, offers and reports are counted', async () => {
  const before = await read()
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const devices = await enrol(server, tenant, 3, { foo: 'foo' })
  const id = await deploy(tenant.api, { filter_id })
  for (const device of devices) expect((await poll(device)).status).toBe(200)
  expect((await devices[0]!.report(id, 'success')).status).toBe(204)
  expect((await poll(devices[0]!)).status).toBe(204)
  expect((await openApi(server.url).get('/nowhere')).status).toBe(404)

  const after = await read()
  const grown = (name: string) => numberOf(after, name) - numberOf(before, name)
  expect(grown(`muster_http_requests_total{${POLL},status="2xx"}`)).toBe(4)
  expect(grown(`muster_http_request_duration_seconds_count{${POLL}}`)).toBe(4)
  expect(grown(`muster_http_request_duration_seconds_bucket{${POLL},le="+Inf"}`)).toBe(4)
  expect(grown('muster_http_requests_total{route="none",method="none",status="4xx"}')).toBe(1)
  // The first is evaluated twice: its filter references an attribute that this server had no reason to read.
  expect(grown('muster_batch_size_sum{batch="device_states"}')).toBe(5)
  expect(grown('muster_batch_duration_seconds_count{batch="claims"}')).toBe(3)
  expect(grown('muster_claims_total{answer="pending"}')).toBe(3)
  expect(grown('muster_offers_total')).toBe(3)
  expect(grown('muster_status_reports_total{status="success"}')).toBe(1)
  expect(numberOf(after, 'muster_database_connections{state="idle"}')).toBeGreaterThan(0)
  expect(numberOf(after, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
  expect(after).toContain('nodejs_eventloop_lag_p99_seconds ')
})

test('the statuses of unfinished deployments are exported with a delay of at most some seconds', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const devices = await enrol(server, tenant, 2)
  await deploy(tenant.api, { devices: devices.map(({ id }) => id) })
  await expect
    .poll(async () => numberOf(await read(), 'muster_unfinished_deployment_devices{status="pending"}'))
    .toBeGreaterThanOrEqual(2)
  expect(numberOf(await read(), 'muster_database_up')).toBe(1)
})

test('event streams are counted while they are open', async () => {
  const tenant = await server.tenant()
  const leaving = new AbortController()
  const { status } = await fetch(`${server.url}/api/management/v2/deployments/events`, {
    headers: { authorization: `Bearer ${tenant.api.token}` },
    signal: leaving.signal,
  })
  expect(status).toBe(200)
  expect(numberOf(await read(), 'muster_event_streams')).toBe(1)
  leaving.abort()
  await expect.poll(async () => numberOf(await read(), 'muster_event_streams')).toBe(0)
})

test('the API does not serve metrics, and the port of the metrics serves nothing else', async () => {
  expect((await openApi(server.url).get('/metrics')).status).toBe(404)
  expect(new URL(server.metrics_url ?? '').hostname).toBe('127.0.0.1')
  for (const [path, method] of [
    ['/', 'GET'],
    ['/metrics?x', 'GET'],
    ['/metrics', 'POST'],
  ] as const)
    expect((await fetch(new URL(path, server.metrics_url), { method })).status).toBe(404)
})

test('no metrics are served without a port for them', async () => {
  await using other = await startServer()
  expect(other.metrics_url).toBeUndefined()
})

test('the metrics of a server with several processes are aggregated over all of them', async () => {
  const database = await cloneDatabase()
  const data_dir = await mkdtemp(join(tmpdir(), 'muster-metrics-'))
  const port = await freePort()
  const settings = { MUSTER_WORKERS: '2', DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir }
  const running = await startProcess({ ...settings, MUSTER_METRICS_PORT: String(port) })
  const api = openApi(running.url)
  // A separate connection for each request, so that both workers receive some.
  for (let i = 0; i < 20; i++) await api.get('/health', { connection: 'close' })
  const texts = await Promise.all([1, 2, 3].map(() => read(`http://127.0.0.1:${port}/metrics`)))
  for (const text of texts)
    expect(numberOf(text, 'muster_http_requests_total{route="/health",method="GET",status="2xx"}')).toBe(20)
  expect(numberOf(texts[0]!, 'muster_database_up')).toBe(1)
  expect(await running.stop()).toBe(0)
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

test('attempts to send events are counted by result, and so is what waits, and for how long', async () => {
  let status = 500
  await using receiver = await startReceiver(() => ({ status }))
  const tenant = await server.tenant()
  await integrate(tenant.api, receiver.url)
  const attempts = async (result: string) => numberOf(await read(), `muster_webhook_attempts_total{result="${result}"}`)
  // Tests that ran in this process before may have made some.
  const [failed, delivered] = [await attempts('failed'), await attempts('delivered')]
  const given_up = await attempts('given_up')
  await authOf(server, tenant).waiting()
  await expect.poll(() => attempts('failed')).toBe(failed + 1)
  // The database is asked at most each five seconds.
  const waiting = async () => numberOf(await read(), 'muster_webhook_deliveries_waiting')
  await expect.poll(waiting).toBe(1)
  const text = await read()
  expect(numberOf(text, 'muster_webhook_integrations_failing')).toBe(1)
  expect(numberOf(text, 'muster_webhook_oldest_waiting_seconds')).toBeGreaterThan(0)
  status = 200
  server.advance(10_000)
  await expect.poll(() => attempts('delivered')).toBe(delivered + 1)
  await expect.poll(waiting).toBe(0)
  const after = await read()
  expect(numberOf(after, 'muster_webhook_integrations_failing')).toBe(0)
  expect(numberOf(after, 'muster_webhook_oldest_waiting_seconds')).toBe(0)
  expect(await attempts('given_up')).toBe(given_up)
  server.advance(-10_000)
})
