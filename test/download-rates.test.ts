import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { pruneDownloadRates } from '../src/deployments/upkeep/prune-download-rates.ts'
import type { Api } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { useContest } from './support/contest.ts'
import { enrolDdi, gatewayOf, linksOf, uploadFile } from './support/ddi.ts'
import { deploy, poll } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { saveLimits } from './support/download-limits.ts'
import type { TestTenant } from './support/server.ts'

const { server, rivals } = useContest()

const SIZE = 400_000
/** It cannot be compressed. */
const payloads = [{ type: 'module', files: { 'image.bin': randomBytes(SIZE) } }]

/** A tenant whose devices are offered an update of this size, and what each of them is to download. */
async function offered(limits: object, sites: readonly string[]) {
  const tenant = await server.tenant()
  await uploadLarge(tenant.api)
  const devices = await enrol(server, tenant, sites.length, (i) => ({ site: sites[i]! }))
  await saveLimits(tenant.api, limits)
  await deploy(tenant.api, { all_devices: true })
  const uris: string[] = []
  for (const device of devices) {
    const { status, body } = await poll(device)
    expect(status).toBe(200)
    uris.push(body.artifact.source.uri)
  }
  return { tenant, uris }
}

const uploadLarge = (api: Api) => uploadTestArtifact(api, { name: 'release-1', payloads })

/** The same link at each of the two processes. */
const at = (uri: string, url: string | undefined) => uri.replace(/^https?:\/\/[^/]+/, url ?? '')

async function download(uri: string, headers: Record<string, string> = {}) {
  const response = await fetch(uri, { headers })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, length: body.length, body, headers: response.headers }
}

/** How many bytes of each link arrive within a time. */
async function bytesWithin(ms: number, uris: readonly string[]): Promise<number[]> {
  const stop = AbortSignal.timeout(ms)
  return Promise.all(
    uris.map(async (uri) => {
      let received = 0
      try {
        const response = await fetch(uri, { signal: stop })
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) received += chunk.length
      } catch (error) {
        if (!stop.aborted) throw error
      }
      return received
    }),
  )
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

describe('bytes a second', () => {
  test('are shared by all downloads on two processes, each of which gets a share', async () => {
    const per_second = 100_000
    const { uris } = await offered({ max_bytes_per_second: per_second }, ['a', 'b', 'c', 'd'])
    const seconds = 3
    const started = performance.now()
    const received = await bytesWithin(
      seconds * 1000,
      uris.map((uri, i) => at(uri, rivals.urls[i % 2])),
    )
    const took = (performance.now() - started) / 1000
    // Each download may be one slice ahead.
    const slice = per_second / 8
    expect(sum(received)).toBeLessThanOrEqual(per_second * took + 4 * slice)
    expect(sum(received)).toBeGreaterThan(per_second)
    expect(Math.min(...received)).toBeGreaterThan(sum(received) / 20)
  })

  test('of a site slow down its downloads only, also a device of DDI', async () => {
    const by_attribute = { scope: 'inventory', attribute: 'site', max_bytes_per_second: 50_000 }
    const { tenant, uris } = await offered({ by_attribute }, ['Berlin', 'Berlin', 'Bremen'])
    const [first, second, third] = uris as [string, string, string]
    expect(first).toContain('rate=inventory%2Fsite%3DBerlin')
    const stored = async () =>
      (
        await server.env.db.query<{ key: string }>(sql`
        select key from download_rates where tenant_id = ${tenant.tenant_id} order by key`)
      ).map(({ key }) => key)
    const [of_first, of_second] = await bytesWithin(2000, [first, second])
    expect(of_first! + of_second!).toBeLessThan(50_000 * 2.5 + 2 * 6250)
    expect(await stored()).toEqual(['inventory/site=Berlin'])
    // The rate belongs to the link: no other can be chosen.
    expect((await fetch(first.replace('Berlin', 'Bonn'))).status).toBe(403)
    expect((await fetch(first.replace(/&rate=.*/, ''))).status).toBe(403)
    await bytesWithin(300, [third])
    expect(await stored()).toEqual(['inventory/site=Berlin', 'inventory/site=Bremen'])
    await ddiOfSite(tenant)
    expect(await stored()).toEqual(['inventory/site=Berlin', 'inventory/site=Bonn', 'inventory/site=Bremen'])
    await pruneDownloadRates(server.env)
    expect(await stored()).toHaveLength(3)
    await server.env.db.query(sql`
      update download_rates set next_at = next_at - interval '25 hours'
      where tenant_id = ${tenant.tenant_id} and key like '%Bonn'`)
    await pruneDownloadRates(server.env)
    expect(await stored()).toEqual(['inventory/site=Berlin', 'inventory/site=Bremen'])
  })

  test('leave ranges, their headers and the content as they are', async () => {
    const { uris } = await offered({ max_bytes_per_second: 2_000_000 }, ['a'])
    const uri = uris[0]!
    const whole = await download(uri)
    expect(whole).toMatchObject({ status: 200, length: Number(whole.headers.get('content-length')) })
    const rest = await download(uri, { range: `bytes=${SIZE / 2}-` })
    expect(rest).toMatchObject({ status: 206, length: whole.length - SIZE / 2 })
    expect(rest.headers.get('content-range')).toBe(`bytes ${SIZE / 2}-${whole.length - 1}/${whole.length}`)
    expect(rest.body.equals(whole.body.subarray(SIZE / 2))).toBe(true)
    const parts = await download(uri, { range: 'bytes=0-9,100-109' })
    expect(parts.status).toBe(206)
    expect(parts.body.includes(whole.body.subarray(100, 110))).toBe(true)
    expect((await fetch(uri, { method: 'HEAD' })).headers.get('content-length')).toBe(String(whole.length))
    expect((await download(uri, { range: `bytes=${whole.length}-` })).status).toBe(416)
  })

  test('can be changed while a download runs, and are no limit for other tenants', async () => {
    const { tenant, uris } = await offered({ max_bytes_per_second: 1000 }, ['a'])
    const other = await offered({}, ['a'])
    const running = download(uris[0]!)
    expect((await download(other.uris[0]!)).length).toBeGreaterThanOrEqual(SIZE)
    await saveLimits(tenant.api, {})
    // It would take minutes.
    expect((await running).length).toBeGreaterThanOrEqual(SIZE)
  })
})

async function ddiOfSite(tenant: TestTenant) {
  await uploadFile(tenant, { name: 'release-1', types: ['board'], content: 'x'.repeat(5000) })
  const authorization = await gatewayOf(tenant)
  const device = await enrolDdi(server, tenant, { authorization, data: { device_type: 'board', site: 'Bonn' } })
  await deploy(tenant.api, { devices: [device.id] })
  const { deploymentBase = '' } = await linksOf(device)
  const { body } = await device.deployment(deploymentBase)
  const [{ artifacts }] = (
    body as { deployment: { chunks: [{ artifacts: [{ _links: { download: { href: string } } }] }] } }
  ).deployment.chunks
  const { status, headers } = await device.download(artifacts[0]._links.download.href)
  expect([status, headers['content-length'] ?? '5000']).toEqual([200, '5000'])
}
