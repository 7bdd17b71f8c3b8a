import { expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { sql } from '../src/db/sql.ts'
import { openApi } from './support/api.ts'
import { useContest } from './support/contest.ts'
import { isDdi } from './support/ddi-twin.ts'
import { abort, deploy, inventoryTerm, poll, saveFilter, show, statistics, V1, V2 } from './support/deploy.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { isFull } from './support/sample.ts'
import { type Fleet, makeMixedTwins, makeTwins, shuffled, storm, type Twin } from './support/twins.ts'

const DEVICES = 500
const AT_ONCE = 200
/** Of aborts during the write-back of others. */
const ABORTS = isFull ? 4 : 2
/** Of the pins of a device, every second a removal. */
const PINS = isFull ? 40 : 8

const { server, rivals } = useContest({ prepares: true })

/** Of both dialects. */
const fleet = (n: number) => makeMixedTwins(server, rivals, n)

const until = (time: string) => new Promise((wake) => setTimeout(wake, Date.parse(time) - Date.now() + 50))
const isPast = (time: string) => Date.now() >= Date.parse(time)

/** Three phases with 50, 150 and 200 places for 500 devices, which open so far apart. */
async function deployInPhases({ tenant, filter_id }: Fleet, apart_ms: number) {
  const [second, third] = [1, 2].map((n) => new Date(Date.now() + n * apart_ms).toISOString()) as [string, string]
  const phases = [{ batch_size: 10 }, { batch_size: 30, start_ts: second }, { start_ts: third }]
  return { id: await deploy(tenant.api, { filter_id, phases, max_devices: 400 }), second, third }
}

test('1,000 concurrent polls of 500 devices on two processes fill each phase and the limit to the device', async () => {
  const all = await fleet(DEVICES)
  const { tenant, twins } = all
  let id = ''
  // On a busy machine a storm may last until the next phase opens: then again, with more time.
  for (let apart_ms = 8000; ; apart_ms *= 2) {
    const deployment = await deployInPhases(all, apart_ms)
    id = deployment.id
    const first = await storm(twins)
    if (!isPast(deployment.second)) {
      expect(first.size).toBe(50)
      await until(deployment.second)
      const both = await storm(twins)
      if (!isPast(deployment.third)) {
        expect(both.size).toBe(200)
        await until(deployment.third)
        break
      }
    }
    await abort(tenant.api, id)
  }
  const offered = await storm(twins)
  expect(offered.size).toBe(400)
  expect(await storm(twins)).toEqual(offered)

  const shown = await show(tenant.api, id)
  expect(shown).toMatchObject({ device_count: 400 })
  expect(shown.phases.map(({ device_count }: { device_count: number }) => device_count)).toEqual([50, 150, 200])

  const installing = twins.filter(([device]) => offered.has(device!.id)).flat()
  for (const status of ['installing', 'success']) {
    const responses = await bounded(AT_ONCE, installing, (device) => device.report(id, status))
    expect(responses.every((response) => response.status === 204)).toBe(true)
  }
  expect(await statistics(tenant.api, id)).toEqual({ success: 400 })
  expect((await show(tenant.api, id)).status).toBe('finished')
  expect((await storm(twins)).size).toBe(0)
})

test('no offer is made after an abort in the middle of a poll storm', async () => {
  const { tenant, filter_id, twins } = await fleet(200)
  const id = await deploy(tenant.api, { filter_id })
  let acknowledged = Number.POSITIVE_INFINITY
  const late: number[] = []
  const storming = bounded(AT_ONCE, [...twins, ...twins].flat(), async (device) => {
    const polled_at = performance.now()
    const { status } = await poll(device)
    if (polled_at > acknowledged) late.push(status)
  })
  const rows = async () =>
    (
      await server.env.db.first<{ n: number }>(
        sql`select count(*) as n from device_deployments where deployment_id = ${id}`,
      )
    )?.n ?? 0
  while ((await rows()) < 20) await new Promise((wake) => setTimeout(wake, 1))
  const aborter = openApi(rivals.urls[0], tenant.api.token)
  expect(await aborter.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
  acknowledged = performance.now()
  const atAbort = await rows()
  await storming

  expect(await rows()).toBe(atAbort)
  expect(late.every((status) => status === 204)).toBe(true)
  expect(Object.keys(await statistics(tenant.api, id)).filter((status) => status !== 'aborted')).toEqual([])
  const reporting = twins.flat()
  const responses = await bounded(AT_ONCE, reporting, (device) => device.report(id, 'success'))
  // A device that speaks DDI and has not been asked to cancel yet does nothing wrong: the server takes note.
  const allowed = (i: number) => (isDdi(reporting[i]!) ? [204, 404, 409] : [404, 409])
  expect(responses.filter(({ status }, i) => !allowed(i).includes(status))).toEqual([])
  expect(Object.keys(await statistics(tenant.api, id)).filter((status) => status !== 'aborted')).toEqual([])
})

test('devices of an aborted deployment are offered the next one at once, while the abort is written back', async () => {
  const { tenant, filter_id, twins } = await fleet(DEVICES)
  const aborter = openApi(rivals.urls[0], tenant.api.token)
  const ids = [await deploy(tenant.api, { filter_id })]
  for (let round = 0; round < ABORTS; round++) {
    await storm(twins)
    const last = ids.at(-1)!
    expect(await statistics(tenant.api, last)).toEqual({ pending: DEVICES })
    expect(await aborter.put(`${V1}/${last}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    ids.push(await deploy(tenant.api, { filter_id }))
    // At different moments of the write-back that both processes start every second.
    await new Promise((wake) => setTimeout(wake, round * 300))
  }
  expect((await storm(twins)).size).toBe(DEVICES)
  const late = await bounded(AT_ONCE, twins.flat(), (device, i) => device.report(ids[i % ABORTS]!, 'success'))
  expect(late.every(({ status }) => status === 409)).toBe(true)
  const abort_unwritten = () => server.env.db.query(sql`select 1 from deployment_progress where abort_unwritten`)
  while ((await abort_unwritten()).length > 0) await new Promise((wake) => setTimeout(wake, 50))
  const rows = await server.env.db.query(sql`
    select deployment_id as id, status, count(*) as n from device_deployments where deployment_id = any(${ids})
    group by 1, 2 order by min(deployment_created)`)
  expect(rows).toEqual(ids.map((id, i) => ({ id, status: i < ABORTS ? 'aborted' : 'pending', n: DEVICES })))
})

test('a device that polls many times at once is assigned to one deployment only, the oldest', async () => {
  const { tenant, filter_id, twins } = await fleet(20)
  const ids = []
  for (let i = 0; i < 3; i++) ids.push(await deploy(tenant.api, { filter_id }))
  const polling = twins.flatMap((twin) => [...twin, ...twin, ...twin, ...twin])
  const responses = await bounded(AT_ONCE, polling, (device) => poll(device))
  expect(new Set(responses.map(({ body }) => body?.id))).toEqual(new Set([ids[0]]))
  expect(await statistics(tenant.api, ids[0]!)).toEqual({ pending: 20 })
})

test('a device that finishes a newer deployment while it polls is never offered the older one', async () => {
  const { tenant, twins } = await fleet(60)
  const older = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'later')) })
  const newer = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'foo')) })
  await storm(twins)
  const responses = await bounded(60, twins, async ([device, twin]) => {
    const [polled] = await Promise.all([
      poll(twin!),
      device!.report(newer, 'success'),
      device!.sendInventory({ foo: 'later' }),
      poll(device!),
    ])
    return [polled, await poll(twin!)]
  })
  expect(responses.flat().filter(({ body }) => body?.id === older)).toEqual([])
  expect(await statistics(tenant.api, newer)).toEqual({ success: 60 })
})

test('the last retries of many devices, reported concurrently to two processes, are each counted once', async () => {
  const { tenant, filter_id, twins } = await fleet(60)
  const id = await deploy(tenant.api, { filter_id, retries: 2 })
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect((await storm(twins)).size).toBe(60)
    const responses = await bounded(AT_ONCE, twins.flat(), (device) => device.report(id, 'failure'))
    expect(responses.every(({ status }) => status === 204)).toBe(true)
    expect(await statistics(tenant.api, id)).toEqual(attempt < 3 ? { pending: 60 } : { failure: 60 })
  }
  const devices = (await tenant.api.get(`${V1}/${id}/devices`)).body
  expect(devices.every(({ attempts }: { attempts: number }) => attempts === 3)).toBe(true)
})

test('a reported success prevails for devices that start over at the same moment', async () => {
  // Devices that speak DDI poll while they work: to start over, they report it.
  const { tenant, filter_id, twins } = await makeTwins(server, rivals, 60)
  const id = await deploy(tenant.api, { filter_id, max_devices: 60 })
  await storm(twins)
  await bounded(AT_ONCE, twins, ([device]) => device!.report(id, 'installing'))
  const since = new Date(server.env.now().getTime() - 60_000)
  await server.env.db.query(sql`update device_deployments set attempt_since = ${since} where deployment_id = ${id}`)
  const requests = twins.flatMap(([device, twin]) => [
    () => poll(device!),
    () => poll(twin!),
    () => twin!.report(id, 'success'),
  ])
  const responses = await bounded(AT_ONCE, shuffled(requests), (send) => send())
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([204]))
  expect(await statistics(tenant.api, id)).toEqual({ success: 60 })
  expect((await show(tenant.api, id)).status).toBe('finished')
})

test('deployments created concurrently on two processes have different times, and the next poll sees all', async () => {
  const { tenant, filter_id, twins } = await fleet(1)
  const apis = rivals.urls.map((url) => openApi(url, tenant.api.token))
  const body = { name: 'n', artifact_name: 'release-1', filter_id }
  const responses = await Promise.all(Array.from({ length: 40 }, (_, i) => apis[i % 2]!.post(V2, body)))
  expect(responses.every(({ status }) => status === 201)).toBe(true)
  const { body: all } = await tenant.api.get(`${V1}?per_page=100`)
  expect(new Set(all.map(({ created }: { created: string }) => created)).size).toBe(40)

  const [device, twin] = twins[0]!
  for (let i = 0; i < 20; i++) {
    const offer = await poll(i % 2 ? device! : twin!)
    expect(offer.status).toBe(200)
    expect(await apis[i % 2]!.put(`${V1}/${offer.body.id}/status`, { status: 'aborted' })).toMatchObject({
      status: 204,
    })
    const next = await poll(i % 2 ? twin! : device!)
    expect(next.body.id).not.toBe(offer.body.id)
  }
})

test('counters stay exact if devices are decommissioned during a poll storm', async () => {
  const { tenant, filter_id, twins } = await fleet(80)
  const dynamic = await deploy(tenant.api, { filter_id })
  const fixed = await deploy(tenant.api, { devices: twins.map(([device]) => device!.id) })
  await Promise.all([
    bounded(AT_ONCE, [...twins, ...twins].flat(), (device) => poll(device)),
    bounded(8, twins.slice(0, 40), ([device]) => tenant.api.delete(`/api/management/v2/devauth/devices/${device!.id}`)),
  ])
  await expectCountersToEqualRows(server.env.db)
  expect(await statistics(tenant.api, fixed)).toMatchObject({ decommissioned: 40, pending: 40 })
  const { pending = 0, decommissioned = 0 } = await statistics(tenant.api, dynamic)
  expect(pending).toBe(40)
  expect(decommissioned).toBeLessThanOrEqual(40)
})

test('decommissioning devices of several deployments while others report causes no deadlock', async () => {
  const { tenant, filter_id, twins } = await fleet(60)
  const ids = twins.map(([device]) => device!.id)
  const current = await deploy(tenant.api, { filter_id })
  for (let i = 0; i < 4; i++) await deploy(tenant.api, { devices: ids })
  await storm(twins)
  const reporting = twins.slice(20).flat()
  await Promise.all([
    bounded(20, ids.slice(0, 20), (id) => tenant.api.delete(`/api/management/v2/devauth/devices/${id}`)),
    bounded(AT_ONCE, [...reporting, ...reporting], (device, i) =>
      device.report(current, i % 2 ? 'installing' : 'downloading'),
    ),
  ])
  const { body } = await tenant.api.get(V1)
  for (const { id, dynamic } of body)
    expect(await statistics(tenant.api, id)).toMatchObject(dynamic ? {} : { decommissioned: 20, pending: 40 })
})

test('a deployment to all devices never waits for a device that is decommissioned during its creation', async () => {
  const { tenant, twins } = await fleet(40)
  const leaving = twins.slice(0, 20).map(([device]) => device!.id)
  const creations: Promise<string>[] = []
  await bounded(4, leaving, async (id) => {
    creations.push(deploy(tenant.api, { all_devices: true }))
    await tenant.api.delete(`/api/management/v2/devauth/devices/${id}`)
  })
  const gone = new Set(leaving)
  for (const id of await Promise.all(creations)) {
    const { body: listed } = await tenant.api.get(`${V1}/${id}/device_list`)
    const left = listed.filter((device: string) => gone.has(device)).length
    expect(await statistics(tenant.api, id)).toMatchObject({
      pending: 20,
      ...(left > 0 ? { decommissioned: left } : {}),
    })
  }
})

const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!
const idsOf = (twins: readonly Twin[]) => twins.map(([device]) => device!.id)
const pause = () => new Promise((wake) => setTimeout(wake, Math.random() * 20))

/** By `performance.now()`. */
type Interval = { sent: number; returned: number }
type Pinning = Interval & { is_pinned: boolean }
type Polled = Interval & { is_offered: boolean }

/** Users at both processes, sometimes two at once, set or remove the pins of some devices. */
async function changePins({ tenant }: Fleet, some: readonly Twin[], is_pinned: boolean): Promise<Pinning> {
  const users = rivals.urls.map((url) => openApi(url, tenant.api.token))
  const body = { device_ids: idsOf(some), ...(is_pinned ? { reason: 'race' } : {}) }
  const sent = performance.now()
  const asked = Math.random() < 0.5 ? users : [oneOf(users)]
  const path = `${V2}/devices/${is_pinned ? 'pin' : 'unpin'}`
  for (const answer of await Promise.all(asked.map((api) => api.post(path, body))))
    expect(answer).toMatchObject({ status: 200, body: { changed: some.length, failed: [] } })
  return { is_pinned, sent, returned: performance.now() }
}

test('pins hold at both processes from their acknowledgement to that of their removal, in every count', async () => {
  const all = await fleet(36)
  const { tenant, filter_id, twins } = all
  const [free, changing] = [twins.slice(0, 6), twins.slice(6)]
  const id = await deploy(tenant.api, { filter_id, retries: 1000 })
  let is_over = false
  const polls = new Map<Twin, Polled[]>(twins.map((twin) => [twin, []]))
  // Each offer is a first one or another attempt: what a device has begun goes on in spite of its pin.
  const polling = bounded(twins.length, twins, async (twin) => {
    while (!is_over) {
      const sent = performance.now()
      const { status, body } = await poll(oneOf(twin))
      polls.get(twin)!.push({ sent, returned: performance.now(), is_offered: status === 200 })
      expect([200, 204]).toContain(status)
      if (status === 200) expect(body.id).toBe(id)
      if (status === 200) expect(await oneOf(twin).report(id, 'failure')).toMatchObject({ status: 204 })
      await pause()
    }
  })
  const groups = Array.from({ length: changing.length / 3 }, (_, i) => changing.slice(3 * i, 3 * i + 3))
  const pinning = bounded(groups.length, groups, async (group) => {
    const changes: Pinning[] = []
    for (let i = 0; i < PINS; i++) {
      const change = await changePins(all, group, i % 2 === 0)
      changes.push(change)
      const hasPolled = (twin: Twin) => polls.get(twin)!.some(({ sent }) => sent > change.returned)
      while (!is_over && !group.every(hasPolled)) await pause()
    }
    return changes
  })
  // Static deployments leave out what is pinned at their creation.
  const created: string[] = []
  const creating = bounded(2, Array.from({ length: 30 }), async (_, i) => {
    const api = openApi(oneOf(rivals.urls), tenant.api.token)
    created.push(await deploy(api, i % 3 === 0 ? { devices: idsOf(twins) } : { all_devices: true }))
    await pause()
  })
  const racing = Promise.all([pinning, creating]).then(async ([changes]) => {
    // And of devices that others change at the same time.
    await bounded(8, Array.from({ length: 40 }), (_, i) =>
      changePins(all, shuffled(changing).slice(0, 10), i % 2 === 0),
    )
    return changes
  })
  const stop = () => {
    is_over = true
  }
  const [changes] = await Promise.all([racing.finally(stop), polling.finally(stop)])

  for (const [i, group] of groups.entries())
    for (const [n, { is_pinned, returned }] of changes[i]!.slice(0, -1).entries()) {
      const until = changes[i]![n + 1]!.sent
      const between = (twin: Twin) => polls.get(twin)!.filter((poll) => poll.sent > returned && poll.returned < until)
      const judged = group.map((twin) => [...new Set(between(twin).map(({ is_offered }) => is_offered))])
      expect(judged).toEqual(group.map(() => [!is_pinned]))
    }
  for (const twin of free)
    expect(new Set(polls.get(twin)!.map(({ is_offered }) => is_offered))).toEqual(new Set([true]))

  const half = changing.length / 2
  await changePins(all, changing.slice(0, half), true)
  await changePins(all, changing.slice(half), false)
  expect(await storm(twins)).toEqual(new Set(idsOf([...free, ...changing.slice(half)])))
  for (const url of rivals.urls) {
    const api = openApi(url, tenant.api.token)
    const numbers = { device_count: twins.length - half, pinned: half }
    for (const target of [{ filter_id }, { all_devices: true }, { devices: idsOf(twins) }])
      expect(
        (await api.post(`${V2}/preview`, { name: 'n', artifact_name: 'release-1', ...target })).body,
      ).toMatchObject(numbers)
    const { body: waiting } = await api.get(`${V2}/${id}/pinned?per_page=500`)
    const pinned = waiting.map(({ device_id }: { device_id: string }) => device_id)
    expect(pinned.toSorted()).toEqual(idsOf(changing.slice(0, half)).toSorted())
  }
  for (const one of created) {
    const { initial_device_count, max_devices, exclude } = await show(tenant.api, one)
    const { body: listed } = await tenant.api.get(`${V1}/${one}/device_list`)
    const pinned = exclude?.pinned ?? 0
    expect([listed.length, max_devices, twins.length - pinned]).toEqual(Array(3).fill(initial_device_count))
  }
})
