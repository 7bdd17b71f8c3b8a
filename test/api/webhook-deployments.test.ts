import { expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { announce } from '../../src/webhooks/announce.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { abort, deploy, poll, show, V2 } from '../support/deploy.ts'
import { makeFleet } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { INTEGRATIONS, integrate, startReceiver } from '../support/receiver.ts'

const MINUTE_MS = 60 * 1000
const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback' } })

let offset = 0
function pass(minutes: number) {
  offset += minutes * MINUTE_MS
  server.advance(offset)
}

/** A fleet whose events are received, and those of its deployments in their order. */
async function listen(n: number) {
  const receiver = await startReceiver()
  const fleet = await makeFleet(server, n)
  await integrate(fleet.tenant.api, receiver.url)
  const of = (id: string) => receiver.deliveries.filter(({ event }) => event.data.id === id).map(({ event }) => event)
  /** Waits for the last of them. */
  const eventsOf = async (id: string, last: string) => {
    await receiver.until(() => of(id).some(({ type }) => type === last))
    return of(id).map(({ type, data }) => [type.replace('deployment-', ''), data])
  }
  return { ...fleet, receiver, of, eventsOf, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() }
}

const names = { name: 'careful', artifact_name: 'release-1' }

test('a deployment with a gate is announced from its creation to its end, in order', async () => {
  await using fleet = await listen(2)
  const { api, email } = fleet.tenant
  const [one, other] = fleet.devices
  const phases = [{ batch_size: 50, gate: { success_percent: 100, approval: 'required' } }, {}]
  const id = await deploy(api, { ...names, devices: fleet.ids, phases })
  const [first, second] = (await show(api, id)).phases
  await poll(one!)
  await server.supervise()
  await one!.report(id, 'success')
  for (let n = 0; n < 3; n++) await server.supervise()
  await api.post(`${V2}/${id}/pause`, { reason: 'lunch' })
  await api.post(`${V2}/${id}/resume`)
  expect(await api.post(`${V2}/${id}/phases/${first.id}/approve`, { comment: 'fine' })).toMatchObject({ status: 204 })
  await server.supervise()
  await poll(other!)
  await other!.report(id, 'failure')
  const by = { id: expect.any(String), email }
  const common = { id, ...names }
  expect(await fleet.eventsOf(id, 'deployment-finished')).toEqual([
    ['created', { ...common, by }],
    [
      'gate-waiting',
      { ...common, phase: { id: first.id, number: 1 }, message: 'Phase 2 opens when a user approves phase 1.' },
    ],
    ['paused', { ...common, by, reason: 'lunch', statistics: expect.objectContaining({ success: 1, pending: 1 }) }],
    ['resumed', { ...common, by }],
    ['phase-opened', { ...common, phase: { id: second.id, number: 2 }, opened_at: expect.any(String) }],
    ['device-failed', { ...common, device_id: other!.id, cause: 'failure', attempts: 1, phase_number: 2 }],
    ['finished', { ...common, aborted: false, statistics: expect.objectContaining({ success: 1, failure: 1 }) }],
  ])
  const times = fleet.of(id).map(({ time }) => time)
  expect(times).toEqual([...new Set(times)].sort())
})

test('a trip is announced after the failure, and before the end and the rollback that follow', async () => {
  await using fleet = await listen(1)
  const { api } = fleet.tenant
  const [device] = fleet.devices
  await uploadTestArtifact(api, { name: 'release-0' })
  const failure_policy = { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-0' }
  const id = await deploy(api, { ...names, devices: fleet.ids, failure_policy })
  await poll(device!)
  await device!.report(id, 'failure')
  const events = await fleet.eventsOf(id, 'deployment-rolled-back')
  expect(events.map(([type]) => type)).toEqual(['created', 'device-failed', 'tripped', 'finished', 'rolled-back'])
  expect(events[2]?.[1]).toMatchObject({
    trip: { code: 'max_failures', action: 'rollback', failed: 1, ended: 1 },
    message: '1 of 1 device failed (100 %): aborted and rolled back by the failure policy (limit 1 device).',
    statistics: { failure: 1, pending: 0 },
  })
  const { rolled_back_by } = events[4]![1]
  expect(await fleet.eventsOf(rolled_back_by, 'deployment-created')).toEqual([
    ['created', expect.objectContaining({ id: rolled_back_by, rollback_of: id, artifact_name: 'release-0' })],
  ])
})

test('a failure that is retried is not announced, a time-out is, and a correction after the end is not', async () => {
  await using fleet = await listen(2)
  const { api } = fleet.tenant
  const [one, other] = fleet.devices
  const failure_policy = { max_failures: 5, timeout_minutes: 10 }
  const id = await deploy(api, { ...names, devices: fleet.ids, retries: 1, failure_policy })
  await poll(one!)
  await poll(other!)
  await one!.report(id, 'failure')
  await poll(one!)
  await one!.report(id, 'failure')
  pass(60)
  await server.supervise()
  await server.supervise()
  await abort(api, id)
  await one!.report(id, 'success')
  const events = await fleet.eventsOf(id, 'deployment-finished')
  const failed = (device_id: string, cause: string) => ['device-failed', expect.objectContaining({ device_id, cause })]
  expect(events).toEqual([
    ['created', expect.anything()],
    failed(one!.id, 'failure'),
    failed(other!.id, 'timed_out'),
    ['finished', expect.objectContaining({ aborted: true })],
  ])
})

test('a rollback by a user, and phases that open by their start', async () => {
  await using fleet = await listen(2)
  const { api, email } = fleet.tenant
  const at = (minutes: number) => new Date(server.env.now().getTime() + minutes * MINUTE_MS).toISOString()
  const phases = [{ batch_size: 50, start_ts: at(10) }, { start_ts: at(20) }]
  const id = await deploy(api, { ...names, devices: fleet.ids, phases })
  await server.supervise()
  pass(15)
  await Promise.all([server.supervise(), server.supervise()])
  await poll(fleet.devices[0]!)
  pass(10)
  await server.supervise()
  await server.supervise()
  const rolled_back = await api.post(`${V2}/${id}/rollback`, { artifact_name: 'release-1' })
  expect(rolled_back).toMatchObject({ status: 201 })
  const events = await fleet.eventsOf(id, 'deployment-rolled-back')
  const opened = (number: number, start_ts?: string) => [
    'phase-opened',
    { id, ...names, phase: { id: expect.any(String), number }, opened_at: start_ts },
  ]
  expect(events).toEqual([
    ['created', expect.anything()],
    opened(1, phases[0]?.start_ts),
    opened(2, phases[1]?.start_ts),
    ['finished', expect.objectContaining({ aborted: true })],
    ['rolled-back', expect.objectContaining({ by: { id: expect.any(String), email } })],
  ])
})

test('an event is sent again while a transaction announces another of the deployment, without a deadlock', async () => {
  await using fleet = await listen(1)
  const { api, tenant_id } = fleet.tenant
  const id = await deploy(api, { ...names, devices: fleet.ids })
  await fleet.eventsOf(id, 'deployment-created')
  const [{ id: integration_id }] = (await api.get(INTEGRATIONS)).body
  const again = `/api/management/v2/iot-manager/integrations/${integration_id}/deliveries/${fleet.of(id)[0]?.id}/redeliver`
  const { db } = server.env
  let tries = 0
  let redelivered: ReturnType<typeof api.post> | undefined
  await db.transaction(async (tx) => {
    tries += 1
    await tx.query(sql`select 1 from deployment_progress where deployment_id = ${id} for no key update`)
    await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
    redelivered ??= api.post(again)
    await expect
      .poll(() =>
        db.first(sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
      )
      .toBeDefined()
    const at = server.env.now().toISOString()
    await announce(tx, tenant_id, [{ subject: `deployment:${id}`, type: 'deployment-paused', at, data: { id } }])
  })
  expect(await redelivered).toMatchObject({ status: 204 })
  await fleet.eventsOf(id, 'deployment-paused')
  expect(tries).toBe(1)
  const deadlocks = sql`select deadlocks from pg_stat_database where datname = current_database()`
  expect(await db.first(deadlocks)).toEqual({ deadlocks: 0 })
})
