import { expect, test } from 'vitest'
import { THINNING, thinSamples } from '../../src/db/samples/thin-samples.ts'
import { sql } from '../../src/db/sql.ts'
import { toPoint } from '../../src/deployments/timeline.ts'
import { readOldLogs } from '../../src/deployments/upkeep/read-old-logs.ts'
import { sampleDeployments } from '../../src/deployments/upkeep/sample-deployments.ts'
import { sampleFleets } from '../../src/inventory/devices/sample-fleet.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { abort, deploy, poll, reportAll, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { addUser } from '../support/users.ts'
import { ROLES } from '../support/world.ts'

const MINUTE_MS = 60 * 1000
const DAY_MS = 24 * 60 * MINUTE_MS
const FLEET = '/api/management/v2/inventory/fleet'
const going = new AbortController().signal

const server = useServer()

/** Lets some minutes pass, then records. */
function pass(minutes: number) {
  server.advance(minutes * MINUTE_MS)
  return Promise.all([sampleDeployments(server.env), sampleFleets(server.env, going)])
}

test('the timeline of a deployment has the numbers of each sample, what happened, and the present', async () => {
  const tenant = await server.tenant()
  const { api } = tenant
  await uploadTestArtifact(api, { name: 'release-1' })
  const devices = await enrol(server, tenant, 4)
  const [first, second, third] = devices
  const id = await deploy(api, { devices: devices.map((device) => device.id) })
  const timeline = async () => (await api.get(`${V2}/${id}/timeline`)).body
  expect((await timeline()).points).toMatchObject([{ waiting: 4 }, { waiting: 4, in_progress: 0 }])

  for (const device of [first!, second!]) expect((await poll(device)).body.id).toBe(id)
  await pass(1)
  // Nothing has changed: no sample.
  await Promise.all([pass(1), pass(1)])
  await reportAll([first!], id, 'success')
  await api.post(`${V2}/${id}/pause`, { reason: 'a doubt' })
  await pass(1)
  await api.post(`${V2}/${id}/resume`)
  await reportAll([second!], id, 'failure')
  expect((await poll(third!)).body.id).toBe(id)
  await reportAll([third!], id, 'installing')
  await pass(1)
  await abort(api, id)

  const { points, marks, pace } = await timeline()
  expect(points.map(numbers)).toEqual([
    { waiting: 4 },
    { waiting: 2, in_progress: 2 },
    { waiting: 2, in_progress: 1, succeeded: 1 },
    { waiting: 1, in_progress: 1, succeeded: 1, failed: 1 },
    { succeeded: 1, failed: 1, aborted: 1 },
  ])
  expect(points.at(-1)).toMatchObject(numbers(toPoint('', { ...(await statistics(api, id)), device_count: 3 })))
  expect(marks).toMatchObject([
    { kind: 'created', by: tenant.email },
    { kind: 'pause', text: 'a doubt', by: tenant.email },
    { kind: 'resume' },
    { kind: 'abort' },
  ])
  expect(points.at(-1).time).toBe((await api.get(`${V1}/${id}`)).body.finished)
  expect(pace).toMatchObject({ remaining: 1, unknown: 'finished' })

  const table = await api.get(`${V2}/${id}/timeline/export`)
  expect(table.headers.get('content-type')).toContain('text/csv')
  const [header, ...lines] = table.text.trimEnd().split('\r\n')
  expect(header).toBe('time,succeeded,failed,in_progress,waiting,noartifact,aborted,decommissioned')
  expect(lines).toHaveLength(5)
  expect(lines[3]).toBe(`${points[3].time},1,1,1,1,0,0,0`)
  expect(await api.get(`${V2}/3fa85f64-5717-4562-b3fc-2c963f66afa6/timeline`)).toMatchObject({ status: 404 })
})

const numbers = ({ time: _, ...counts }: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))

test('a late correction after the end is another point', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const [device] = await enrol(server, tenant, 1)
  const id = await deploy(tenant.api, { devices: [device!.id] })
  await poll(device!)
  await reportAll([device!], id, 'installing')
  server.advance(MINUTE_MS)
  // It starts over: its only attempt has failed, as far as the server can know.
  await poll(device!)
  await pass(1)
  await reportAll([device!], id, 'success')
  await pass(1)
  const { points, marks } = (await tenant.api.get(`${V2}/${id}/timeline`)).body
  expect(points.map(numbers)).toEqual([{ waiting: 1 }, { failed: 1 }, { succeeded: 1 }])
  expect(points[1].time).toBe(marks[1].time)
  expect(marks).toMatchObject([{ kind: 'created' }, { kind: 'finished' }])
})

test('the first steps of a deployment are fine, and stay so', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const [device] = await enrol(server, tenant, 1)
  const id = await deploy(tenant.api, { devices: [device!.id] })
  await poll(device!)
  const states = ['downloading', 'installing', 'rebooting'] as const
  for (const state of [...states, ...states, ...states]) {
    await reportAll([device!], id, state)
    server.advance(10_000)
    await sampleDeployments(server.env, { active_only: true })
  }
  const read = async () => (await tenant.api.get(`${V2}/${id}/timeline`)).body.points
  const points = await read()
  expect(points.length).toBeGreaterThanOrEqual(2 + states.length)
  server.advance(DAY_MS)
  await thinSamples(server.env.db, server.env.now(), 3650)
  expect((await read()).slice(0, -1)).toEqual(points.slice(0, -1))
  // Once there are many, they are a minute apart, and thinned out.
  const { tenant_id } = tenant
  await server.env.db.query(sql`
    insert into deployment_samples (tenant_id, deployment_id, time, step, counters)
    select ${tenant_id}, ${id}, ${server.env.now().toISOString()}::timestamptz - n * interval '1 second', 3600, '{}'
    from generate_series(0, 119) n`)
  const count = async () => (await read()).length
  const before = await count()
  for (const seconds of [10, 10, 50]) {
    server.advance(seconds * 1000)
    await sampleDeployments(server.env)
  }
  expect(await count()).toBe(before + 1)
})

test('failures are listed by reason, and each reason is a filter of the devices', async () => {
  const tenant = await server.tenant()
  const { api } = tenant
  await uploadTestArtifact(api, { name: 'release-1' })
  const devices = await enrol(server, tenant, 6)
  const id = await deploy(api, { devices: devices.map((device) => device.id) })
  for (const [i, device] of devices.entries())
    expect((await poll(device, { artifact_name: i === 2 ? 'os-2' : 'os-1' })).body.id).toBe(id)
  await reportAll(devices.slice(0, 5), id, 'failure')
  const messages = [
    'write /data/a: no space left on device',
    'write /data/b: no space left on device',
    'write /mnt/c: no space left on device',
    'checksum mismatch: 5feceb66ffc86f38d952786c6d696c79',
  ]
  for (const [i, message] of messages.entries())
    expect(await devices[i]!.sendLog(id, [message])).toMatchObject({ status: 204 })
  const full = 'write <path>: no space left on device'
  const type = 'qemux86-64'
  const expected = [
    {
      ...{ kind: 'log', reason: full, count: 3 },
      by: [
        { device_type: type, artifact_name: 'os-1', count: 2 },
        { device_type: type, artifact_name: 'os-2', count: 1 },
      ],
    },
    { kind: 'no_log', count: 1, device_id: devices[4]!.id },
    { kind: 'log', reason: 'checksum mismatch: <id>', count: 1, device_id: devices[3]!.id },
  ]
  const failures = async () => (await api.get(`${V2}/${id}/failures`)).body
  expect(await failures()).toMatchObject(expected)
  const listed = await api.get(`${V1}/${id}/devices/list?reason=${encodeURIComponent(full)}`)
  expect(listed.headers.get('x-total-count')).toBe('3')
  expect(listed.body.map((device: { id: string }) => device.id).sort()).toEqual(
    devices
      .slice(0, 3)
      .map((device) => device.id)
      .sort(),
  )
  // As a version that did not look for reasons stored them.
  await server.env.db.query(sql`update device_deployment_logs set reason = null where deployment_id = ${id}`)
  expect(await failures()).toMatchObject([{ kind: 'no_error', count: 4 }, { kind: 'no_log' }])
  await Promise.all([1, 2].map(() => readOldLogs(server.env, going)))
  expect(await failures()).toMatchObject(expected)
})

test('the past of the fleet has the numbers that the fleet had', async () => {
  const tenant = await server.tenant()
  await enrol(server, tenant, 3, { artifact_name: 'os-1', device_type: 'gateway' })
  await enrol(server, tenant, 1, { artifact_name: 'os-2', device_type: 'gateway' })
  await pass(0)
  // Too early.
  await pass(4)
  await enrol(server, tenant, 1, { artifact_name: 'os-2', device_type: 'camera' })
  await pass(2)
  const { points } = (await tenant.api.get(`${FLEET}/timeline`)).body
  const os1 = { artifact_name: 'os-1', device_type: 'gateway', count: 3 }
  const os2 = { artifact_name: 'os-2', device_type: 'gateway', count: 1 }
  expect(points).toMatchObject([
    { by_status: { accepted: 4 }, software: [os1, os2], others: 0, unknown: 0 },
    { by_status: { accepted: 5 }, software: [os1, { ...os2, device_type: 'camera' }, os2], others: 0, unknown: 0 },
  ])
  const { by_status, by_last_report } = (await tenant.api.get(FLEET)).body
  expect(points[1]).toMatchObject({ by_status, by_last_report })

  const until = Math.floor(Date.parse(points[0].time) / 1000) + 1
  expect((await tenant.api.get(`${FLEET}/timeline?before=${until}`)).body.points).toEqual(points.slice(0, 1))
  expect((await tenant.api.get(`${FLEET}/timeline?after=${until}`)).body.points).toEqual(points.slice(1))
  expect(await tenant.api.get(`${FLEET}/timeline?after=soon`)).toMatchObject({ status: 400 })

  const table = (await tenant.api.get(`${FLEET}/timeline/export`)).text.trimEnd().split('\r\n')
  expect(table[0]).toBe(
    'time,accepted,pending,rejected,preauthorized,noauth,last_report_hour,last_report_day,last_report_week,last_report_longer,last_report_never,seen_today,os-1 (gateway),os-2 (gateway),os-2 (camera),others,unknown',
  )
  expect(table.slice(1).map((line) => line.split(',').slice(-5).join())).toEqual(['3,1,0,0,0', '3,1,1,0,0'])

  const use = async (name: string, api = tenant.api) => (await api.get(`${FLEET}/software/${name}`)).body
  expect(await use('os-2')).toEqual({
    ...{ artifact_name: 'os-2', count: 2 },
    device_types: [
      { device_type: 'camera', count: 1 },
      { device_type: 'gateway', count: 1 },
    ],
    past: {
      ...{ counted_since: points[0].time, first_seen: points[0].time },
      points: points.map(({ time }: { time: string }, i: number) => ({ time, count: 1 + i })),
    },
  })
  expect(await use('os-3')).toMatchObject({ count: 0, device_types: [], past: { points: [] } })

  const permission_sets_with_scope = [{ name: 'ReadDevices', scope: { type: 'DeviceGroups', value: ['north'] } }]
  await tenant.api.post(ROLES, { name: 'crew', description: '', permission_sets_with_scope })
  const limited = (await addUser(server, tenant, ['crew'])).api
  for (const path of ['timeline', 'timeline/export'])
    expect(await limited.get(`${FLEET}/${path}`)).toMatchObject({ status: 403, body: { code: 'permission_denied' } })
  expect(await use('os-2', limited)).toEqual({ artifact_name: 'os-2', count: 0, device_types: [] })
})

test('thinning out keeps what was true at the end of each interval', async () => {
  const { tenant_id } = await server.tenant()
  const { db } = server.env
  const now = new Date()
  const ages = Array.from({ length: 400 }, (_, i) => (i < 200 ? i * 97 : (i - 199) * 3600 * 13))
  const times = ages.map((age_s) => new Date(now.getTime() - age_s * 1000)).sort((a, b) => a.getTime() - b.getTime())
  for (const [n, time] of times.entries())
    await db.query(sql`
      insert into fleet_samples (tenant_id, time, took_ms, counts)
      values (${tenant_id}, ${time.toISOString()}, 1, ${JSON.stringify({ n })}::jsonb)`)
  const read = () =>
    db.query<{ time: string; n: number; step: number }>(sql`
      select time, (counts ->> 'n')::int as n, step from fleet_samples where tenant_id = ${tenant_id} order by time`)
  const before = await read()
  await Promise.all([1, 2].map(() => thinSamples(db, now, 3650)))
  const thinned = await read()
  const valueAt = (rows: typeof before, at_ms: number) => rows.findLast(({ time }) => Date.parse(time) <= at_ms)?.n
  const bands = THINNING.map(({ age_s, to }) => ({ to, newest: Math.floor((now.getTime() / 1000 - age_s) / to) * to }))
  for (const [i, { to, newest }] of bands.entries()) {
    const oldest = bands[i + 1]?.newest ?? newest - 20 * 86_400
    for (let end = newest; end > oldest; end -= to)
      expect(valueAt(thinned, end * 1000 - 1)).toBe(valueAt(before, end * 1000 - 1))
    const ends = thinned
      .filter(({ time }) => Date.parse(time) < newest * 1000)
      .map(({ time }) => Math.floor(Date.parse(time) / 1000 / to))
    expect(new Set(ends).size).toBe(ends.length)
  }
  expect(thinned.length).toBeLessThan(before.length)
  expect(thinned.filter(({ time }) => Date.parse(time) > now.getTime() - 3600 * 1000)).toEqual(
    before.filter(({ time }) => Date.parse(time) > now.getTime() - 3600 * 1000),
  )
  await thinSamples(db, now, 3650)
  expect(await read()).toEqual(thinned)

  await thinSamples(db, now, 100)
  const kept = await read()
  expect(Date.parse(kept[0]!.time)).toBeGreaterThanOrEqual(now.getTime() - 100 * DAY_MS)
  expect(kept).toEqual(thinned.filter(({ time }) => Date.parse(time) >= now.getTime() - 100 * DAY_MS))
})
