import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { openApi } from '../support/api.ts'
import { abort, deploy, poll, show, V1, V2 } from '../support/deploy.ts'
import { deploymentIds, EVENTS, fleetOf, listen, synced } from '../support/events.ts'
import { useServer } from '../support/fixtures.ts'

const server = useServer()

const fleet = (n: number) => fleetOf(server, n)

describe('a stream of events', () => {
  test('begins with the unfinished deployments, as the list returns them, and the time of that state', async () => {
    const { tenant, filter_id } = await fleet(2)
    await abort(tenant.api, await deploy(tenant.api, { filter_id }))
    const phases = [{ batch_size: 50 }, { start_ts: '2040-01-01T00:00:00Z' }]
    const ids = [await deploy(tenant.api, { filter_id, phases })]
    ids.unshift(await deploy(tenant.api, { filter_id, max_devices: 3 }))
    await using events = await listen(tenant.api)
    expect(events).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        'x-men-requestid': expect.any(String),
      },
    })
    await synced(events)
    const listed = (await tenant.api.get(V2)).body.filter(({ id }: { id: string }) => ids.includes(id))
    expect(events.events).toEqual([
      { event: 'reset', data: { unfinished: 2 } },
      ...listed.map((data: object) => ({ event: 'deployment', data })),
      { event: 'sync', id: expect.any(String), data: { time: expect.stringMatching(/^\d.*Z$/) } },
    ])
  })

  test('has an event for every step of a deployment, equal to the state that is read then', async () => {
    const { tenant, filter_id, devices } = await fleet(3)
    await using events = await listen(tenant.api, { cookie: true })
    await synced(events)
    const id = await deploy(tenant.api, { filter_id, max_devices: 3, phases: [{ batch_size: 100 }] })
    const expectState = async (matches: (state: { statistics: { status: Record<string, number> } }) => boolean) => {
      await events.until(() => events.state(id) && matches(events.state(id)))
      expect(events.state(id)).toEqual((await tenant.api.get(`${V2}?id=${id}`)).body[0])
    }
    await expectState(({ statistics }) => statistics.status.pending === 0)
    for (const device of devices) expect((await poll(device)).status).toBe(200)
    await expectState(({ statistics }) => statistics.status.pending === 3)
    for (const device of devices) await device.report(id, 'downloading')
    await expectState(({ statistics }) => statistics.status.downloading === 3)
    for (const device of devices) await device.report(id, 'success')
    await expectState(({ statistics }) => statistics.status.success === 3)
    expect(events.state(id)).toMatchObject({ status: 'finished', finished: expect.any(String), device_count: 3 })
  })

  test('has an event for an abort, a new control map, and a scheduled deployment that starts', async () => {
    const { tenant, filter_id } = await fleet(2)
    await using events = await listen(tenant.api)
    await synced(events)
    const aborted = await deploy(tenant.api, { filter_id })
    const start_ts = new Date(Date.now() + 2500).toISOString()
    const later = await deploy(tenant.api, {
      filter_id,
      phases: [{ batch_size: 50, start_ts }, { start_ts: '2040-01-01T00:00:00Z' }],
    })
    await events.until(() => events.state(later)?.status === 'scheduled')
    await abort(tenant.api, aborted)
    await events.until(() => events.state(aborted)?.status === 'finished')
    const update_control_map = { priority: 3, states: { ArtifactInstall_Enter: { action: 'pause' } } }
    await tenant.api.patch(`${V1}/${later}`, { update_control_map })
    await events.until(() => events.state(later).update_control_map?.priority === 3)
    await events.until(() => events.state(later).status === 'pending')
    expect((await show(tenant.api, later)).status).toBe('pending')
  })

  test('sends only a sync every few seconds and a comment while nothing changes', async () => {
    const { tenant, filter_id } = await fleet(1)
    await deploy(tenant.api, { filter_id })
    await using events = await listen(tenant.api)
    await synced(events)
    const before = events.events.length
    await events.until(() => events.comments.length > 0)
    const since = events.events.slice(before)
    expect(new Set(since.map(({ event }) => event))).toEqual(new Set(['sync']))
    expect(since.length).toBeLessThanOrEqual(4)
  })
})

describe('a stream that resumes from an id', () => {
  test('has the deployments that were created, changed and finished in the meantime', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    const [changed, finished] = [await deploy(tenant.api, { filter_id }), await deploy(tenant.api, { filter_id })]
    const first = await listen(tenant.api)
    await synced(first)
    await first[Symbol.asyncDispose]()
    expect((await poll(devices[0]!)).body.id).toBe(changed)
    await abort(tenant.api, finished)
    const created = await deploy(tenant.api, { filter_id })
    await using events = await listen(tenant.api, { last_id: first.last_id() })
    await synced(events)
    expect(events.events.map(({ event }) => event)).not.toContain('reset')
    expect(deploymentIds(events).sort()).toEqual([changed, finished, created].sort())
    expect(events.state(changed).statistics.status.pending).toBe(1)
    expect(events.state(finished).status).toBe('finished')
  })

  test('has what a transaction that was running at the id commits much later', async () => {
    const { tenant, filter_id } = await fleet(1)
    const [slow, quick] = [await deploy(tenant.api, { filter_id }), await deploy(tenant.api, { filter_id })]
    await using live = await listen(tenant.api)
    await synced(live)
    let last_id: string | undefined
    await server.env.db.transaction(async (tx) => {
      // Like a slow abort: its transaction is older than the ids below.
      await tx.query(sql`
        update deployment_progress set was_aborted = true, finished = ${server.env.now().toISOString()},
          changed_xid = pg_current_xact_id()
        where deployment_id = ${slow}`)
      const before = live.events.length
      await abort(tenant.api, quick)
      await live.until(() => live.state(quick).status === 'finished')
      await synced(live, before)
      last_id = live.last_id()
      expect(live.state(slow).status).toBe('pending')
      expect(live.events.filter(({ event, data }) => event === 'deployment' && data.id === quick)).toHaveLength(2)
    })
    await live.until(() => live.state(slow).status === 'finished')
    await using resumed = await listen(tenant.api, { last_id })
    await synced(resumed)
    expect(resumed.events[0]?.event).toBe('deployment')
    expect(resumed.state(slow).status).toBe('finished')
  })

  test('starts over if the id is malformed, from the future or of another tenant', async () => {
    const { tenant, filter_id } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id })
    const other = await server.tenant()
    await using theirs = await listen(other.api)
    await using mine = await listen(tenant.api)
    await Promise.all([synced(theirs), synced(mine)])
    const [mark, xmin, ms] = mine.last_id()!.split('-')
    const odd = [
      '',
      '7',
      '-',
      'x'.repeat(5000),
      `${mark}-0-0`,
      `${mark}-${'9'.repeat(18)}-${ms}`,
      `${mark}-${'9'.repeat(19)}-${ms}`,
      `${mark}-${xmin}-${'9'.repeat(14)}`,
    ]
    for (const last_id of [...odd, theirs.last_id(), `${mark}-${Number(xmin) + 100_000}-${ms}`]) {
      await using events = await listen(tenant.api, { last_id })
      await synced(events)
      expect([last_id, events.events[0]]).toEqual([last_id, { event: 'reset', data: { unfinished: 1 } }])
      expect(deploymentIds(events)).toEqual([id])
    }
    await using good = await listen(tenant.api, { last_id: `${mark}-${xmin}-${'9'.repeat(13)}` })
    await synced(good)
    expect(good.events[0]?.event).not.toBe('reset')
  })

  test('starts over after too many changes, with the newest unfinished deployments', async () => {
    const { tenant, filter_id } = await fleet(1)
    const first = await listen(tenant.api)
    await synced(first)
    await first[Symbol.asyncDispose]()
    const newest = await deploy(tenant.api, { filter_id })
    await copyDeployments(newest, 600)
    await using events = await listen(tenant.api, { last_id: first.last_id() })
    await synced(events)
    expect(events.events[0]).toEqual({ event: 'reset', data: { unfinished: 601 } })
    expect(deploymentIds(events)).toHaveLength(500)
    expect(deploymentIds(events)[0]).toBe(newest)
  })

  test('does not repeat changes that a restored database contains from before the restore', async () => {
    const { tenant, filter_id } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id })
    const done = await deploy(tenant.api, { filter_id })
    await server.env.db.query(sql`
      update deployment_progress set changed_xid = '900000000000',
        finished = case when deployment_id = ${done} then now() end
      where tenant_id = ${tenant.tenant_id}`)
    await using events = await listen(tenant.api)
    await synced(events)
    expect(deploymentIds(events)).toEqual([id])
    await abort(tenant.api, id)
    await events.until(() => events.state(id).status === 'finished')
    expect(events.events.filter(({ event }) => event === 'deployment')).toHaveLength(2)
    expect(deploymentIds(events)).toEqual([id])
  })
})

/** Older copies of a deployment. */
const copyDeployments = async (id: string, copies: number) => {
  const { db } = server.env
  await db.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, initial_device_count)
    select tenant_id, id || '-' || n, name, artifact_name, created - n * interval '1 second', dynamic, initial_device_count
    from deployments, generate_series(1, ${copies}) as n where id = ${id}`)
  await db.query(sql`
    insert into deployment_progress (tenant_id, deployment_id)
    select tenant_id, id from deployments where id like ${`${id}-%`}`)
}

test('the OpenAPI document describes the stream and how to resume it', async () => {
  const { body } = await openApi(server.url).get('/api/openapi.json')
  const operation = body.paths[EVENTS].get
  expect(operation.responses['200'].content).toHaveProperty(['text/event-stream'])
  expect(operation.parameters).toMatchObject([{ in: 'header', name: 'last-event-id', required: false }])
  expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '429']))
  expect(Object.keys(body.paths[EVENTS])).toEqual(['get'])
  expect((await fetch(server.url + EVENTS, { method: 'HEAD' })).status).toBe(405)
})
