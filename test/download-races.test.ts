import { expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { openApi } from './support/api.ts'
import { useContest } from './support/contest.ts'
import { deploy, poll, show, statistics } from './support/deploy.ts'
import { downloading, LIMITS, saveLimits } from './support/download-limits.ts'
import { type Fleet, makeMixedTwins, shuffled, storm } from './support/twins.ts'

const DEVICES = 120
const AT_ONCE = 100
const SITES = 4
const [ALL, EACH] = [25, 10]

const { server, rivals } = useContest({ prepares: true })

/** Devices at four sites, one of which has half of them. */
async function fleetAtSites(): Promise<Fleet & { siteOf: Map<string, string> }> {
  const fleet = await makeMixedTwins(server, rivals, DEVICES)
  const siteOf = new Map(fleet.twins.map(([device], i) => [device!.id, `site ${i % 2 === 0 ? 0 : i % SITES}`]))
  const set = async ([id, value]: [string, string]) =>
    expect(
      await fleet.tenant.api.put(`/api/management/v1/inventory/devices/${id}/tags`, [{ name: 'site', value }]),
    ).toMatchObject({ status: 200 })
  await bounded(20, [...siteOf], set)
  return { ...fleet, siteOf }
}

const limits = { max_downloads: ALL, by_attribute: { scope: 'tags', attribute: 'site', max_downloads: EACH } }

const countBySite = (ids: Iterable<string>, siteOf: ReadonlyMap<string, string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const id of ids) counts[siteOf.get(id) ?? ''] = (counts[siteOf.get(id) ?? ''] ?? 0) + 1
  return counts
}

test('polls on two processes at once fill the limits to the device, and never exceed them', async () => {
  const { tenant, filter_id, twins, siteOf } = await fleetAtSites()
  await saveLimits(tenant.api, limits)
  const id = await deploy(tenant.api, { filter_id })
  const offered = await storm(twins)
  expect(offered.size).toBe(ALL)
  expect(Math.max(...Object.values(countBySite(offered, siteOf)))).toBeLessThanOrEqual(EACH)
  expect(await storm(twins)).toEqual(offered)
  expect(await statistics(tenant.api, id)).toEqual({ pending: ALL })
})

test('while devices download and report on two processes, the limits hold at every moment, and all get through', async () => {
  const { tenant, filter_id, twins, siteOf } = await fleetAtSites()
  await saveLimits(tenant.api, limits)
  const id = await deploy(tenant.api, { filter_id, retries: 1 })
  /** What devices know: from the response to their poll until they send the report. */
  const known = new Set<string>()
  const most = { all: 0, each: 0 }
  const failed = new Set<string>()
  let running = true
  const looking = (async () => {
    while (running) {
      const counts = await downloading(server.env.db, tenant.tenant_id)
      const of_sites = Object.entries(counts).filter(([key]) => key.startsWith('tags/site='))
      const now = of_sites.map(([, count]) => count)
      most.all = Math.max(most.all, ...[now.reduce((sum, count) => sum + count, 0)])
      most.each = Math.max(most.each, ...now)
    }
  })()
  const ended = new Set<string>()
  const run = async (device: (typeof twins)[number][number], other: typeof device) => {
    const { status, body } = await poll(device)
    if (status !== 200) return
    known.add(device.id)
    const by_site = countBySite(known, siteOf)
    expect(known.size).toBeLessThanOrEqual(ALL)
    expect(Math.max(...Object.values(by_site))).toBeLessThanOrEqual(EACH)
    await device.report(body.id, 'downloading')
    known.delete(device.id)
    // Each device fails once, on the other process.
    if (!failed.has(device.id)) {
      failed.add(device.id)
      return void (await other.report(body.id, 'failure'))
    }
    await other.report(body.id, 'installing')
    await other.report(body.id, 'success')
    ended.add(device.id)
  }
  while (ended.size < DEVICES) {
    const left = twins.filter(([device]) => !ended.has(device!.id))
    await bounded(AT_ONCE, shuffled(left), ([one, two]) => (Math.random() < 0.5 ? run(one!, two!) : run(two!, one!)))
  }
  running = false
  await looking
  expect(most.all).toBeLessThanOrEqual(ALL)
  expect(most.each).toBeLessThanOrEqual(EACH)
  expect(most.all).toBeGreaterThan(EACH)
  expect(await statistics(tenant.api, id)).toEqual({ success: DEVICES })
  expect((await tenant.api.get(`${LIMITS}/running`)).body).toEqual({ running: 0, by_value: [] })
})

test('limits that are lowered in the middle of a storm hold for every poll after the acknowledgement', async () => {
  const { tenant, filter_id, twins } = await fleetAtSites()
  await saveLimits(tenant.api, { max_downloads: 100 })
  const id = await deploy(tenant.api, { filter_id })
  let acknowledged = Number.POSITIVE_INFINITY
  const [early, late] = [new Set<string>(), new Set<string>()]
  const storming = bounded(30, shuffled(twins.flat()), async (device) => {
    const polled_at = performance.now()
    const { status } = await poll(device)
    if (status === 200) (polled_at > acknowledged ? late : early).add(device.id)
  })
  while ((await show(tenant.api, id)).device_count < 10) await new Promise((wake) => setTimeout(wake, 1))
  await saveLimits(openApi(rivals.urls[1], tenant.api.token), { max_downloads: 10 })
  acknowledged = performance.now()
  await storming
  // Only those that had an offer before get it again.
  expect([...late].filter((device) => !early.has(device))).toEqual([])
  const offered = await storm(twins)
  expect(offered.size).toBeLessThan(DEVICES)
  expect(await storm(twins)).toEqual(offered)
})
