import { afterEach, describe, expect, test } from 'vitest'
import { writeAborts } from '../../src/deployments/upkeep/write-aborts.ts'
import { saveCheckIns } from '../../src/inventory/attributes/check-ins.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { DEVAUTH } from '../support/auth.ts'
import { abort, deploy, poll, reportAll, show, statistics, V1, V2, writeAllAborts } from '../support/deploy.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import {
  gateOf,
  HOUR,
  install,
  MINUTE,
  OTHER_TYPE,
  offer,
  offerNothing,
  pause,
  resume,
  rolloutFleet,
  rolloutOf,
  UPDATED,
} from '../support/rollouts.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

type Fleet = Awaited<ReturnType<typeof rolloutFleet>>
type Subject = { device: SimulatedDevice; id: string; tenant: TestTenant }

const KINDS = ['dynamic', 'static'] as const
type Kind = (typeof KINDS)[number]

const target = (kind: Kind, { filter_id, ids }: Fleet) => (kind === 'dynamic' ? { filter_id } : { devices: ids })

const pass = (ms: number) => {
  server.advance(ms)
  return server.supervise()
}

type Row = {
  /** `out`: taken out of the base of the gate. */
  counts: 'success' | 'failure' | 'neither' | 'out'
  rules?: { retries?: number; confirm_within_minutes?: number; timeout_minutes?: number }
  reach: (subject: Subject) => Promise<unknown>
  /** The deployment finishes only when the device ends. */
  progress?: object
}

const ends = async ({ device, id }: Subject, status: string) => {
  await offer([device], id)
  await reportAll([device], id, status)
}

/** How a device can stand, and what it counts as. */
const ROWS: Record<string, Row> = {
  'has succeeded': { counts: 'success', reach: (one) => ends(one, 'success') },
  'has succeeded and is confirmed': {
    ...{ counts: 'success', rules: { confirm_within_minutes: 60 } },
    reach: async (one) => {
      await ends(one, 'success')
      await offerNothing([one.device], UPDATED)
    },
  },
  'has the release already': { counts: 'success', reach: ({ device }) => offerNothing([device], UPDATED) },
  'has succeeded and is not confirmed yet': {
    ...{ counts: 'neither', rules: { confirm_within_minutes: 60 }, progress: { in_flight: 1 } },
    reach: (one) => ends(one, 'success'),
  },
  'has succeeded, and polls without the release': {
    ...{ counts: 'neither', rules: { confirm_within_minutes: 60 }, progress: { in_flight: 1 } },
    reach: async (one) => {
      await ends(one, 'success')
      await poll(one.device)
    },
  },
  'has failed': { counts: 'failure', reach: (one) => ends(one, 'failure') },
  'has failed in its last attempt': {
    ...{ counts: 'failure', rules: { retries: 1 } },
    reach: async (one) => {
      await ends(one, 'failure')
      await ends(one, 'failure')
    },
  },
  'has not ended in time': {
    ...{ counts: 'failure', rules: { timeout_minutes: 60 } },
    reach: async ({ device, id }) => {
      await offer([device], id)
      await reportAll([device], id, 'installing')
      await pass(61 * MINUTE)
    },
  },
  'was not confirmed in time': {
    ...{ counts: 'failure', rules: { confirm_within_minutes: 60 } },
    reach: async (one) => {
      await ends(one, 'success')
      await pass(61 * MINUTE)
    },
  },
  'has failed with a retry left': {
    ...{ counts: 'neither', rules: { retries: 1 } },
    reach: (one) => ends(one, 'failure'),
  },
  'has begun its retry': {
    ...{ counts: 'neither', rules: { retries: 1 }, progress: { in_flight: 1 } },
    reach: async (one) => {
      await ends(one, 'failure')
      await offer([one.device], one.id)
    },
  },
  'has no artifact for its type': { counts: 'out', reach: ({ device }) => offerNothing([device], OTHER_TYPE) },
  'was aborted': {
    counts: 'out',
    reach: async ({ device, id, tenant }) => {
      await offer([device], id)
      expect(await tenant.api.delete(`${V1}/devices/${device.id}`)).toMatchObject({ status: 204 })
    },
  },
  'was decommissioned in its attempt': {
    counts: 'out',
    reach: async ({ device, id, tenant }) => {
      await offer([device], id)
      expect(await tenant.api.delete(`${DEVAUTH}/devices/${device.id}`)).toMatchObject({ status: 204 })
    },
  },
  'is in flight': {
    ...{ counts: 'neither', progress: { in_flight: 1 } },
    reach: async ({ device, id }) => {
      await offer([device], id)
      await reportAll([device], id, 'rebooting')
    },
  },
  'has not asked': { counts: 'neither', reach: async () => undefined },
}

const GATE = { success: { succeeded: 2, base: 2 }, out: { succeeded: 1, base: 1 } }

describe.each(KINDS)('in the gate of a phase of a %s deployment', (kind) => {
  test.each(Object.keys(ROWS))('a device that %s counts as it should', async (name) => {
    const { counts, rules: { timeout_minutes, ...rules } = {}, reach, progress = {} } = ROWS[name]!
    const fleet = await rolloutFleet(server, 4)
    const { tenant, api, devices } = fleet
    const [device, other, ...others] = devices as [SimulatedDevice, SimulatedDevice, ...SimulatedDevice[]]
    const phases = [{ batch_size: 50, gate: { success_percent: 100 } }, {}]
    const policy = timeout_minutes ? { failure_policy: { timeout_minutes } } : {}
    const id = await deploy(api, { ...target(kind, fleet), phases, ...rules, ...policy })
    await install([other], id)
    await offerNothing([other], UPDATED)
    await reach({ device, id, tenant })
    const opens = counts === 'success' || counts === 'out'
    expect(await gateOf(api, id)).toMatchObject({
      ...{ state: opens ? 'open' : 'collecting', failed: counts === 'failure' ? 1 : 0, in_flight: 0 },
      ...{ succeeded: 1, base: 2, success_percent: opens ? 100 : 50 },
      ...(opens ? GATE[counts] : {}),
      ...progress,
    })
    // One that has not asked leaves room in the first phase.
    const after = name === 'has not asked' ? others.slice(1) : others
    if (name === 'has not asked') await offer([others[0]!], id)
    if (opens) await offer(after, id)
    else await offerNothing(after)
  })
})

describe.each(KINDS)('in the failure policy of a %s deployment without phases', (kind) => {
  test.each(Object.keys(ROWS))('a device that %s counts as it should', async (name) => {
    const { counts, rules: { timeout_minutes, ...rules } = {}, reach } = ROWS[name]!
    const fleet = await rolloutFleet(server, 3)
    const { tenant, api, devices } = fleet
    const [failing, device, last] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    // Two failures trip the first limit; one of two that ended trips the second.
    const failure_policy = { max_failures: 2, max_failure_percent: 50, min_ended: 2, timeout_minutes: timeout_minutes }
    const id = await deploy(api, { ...target(kind, fleet), ...rules, failure_policy })
    for (let attempt = 0; attempt <= (rules.retries ?? 0); attempt++) await install([failing], id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('running')
    await reach({ device, id, tenant })
    const rollout = await rolloutOf(api, id)
    if (counts === 'failure')
      expect(rollout.trip).toMatchObject({ code: 'max_failures', limit: 2, failed: 2, ended: 2 })
    if (counts === 'success')
      expect(rollout.trip).toMatchObject({ code: 'max_failure_percent', limit: 50, failed: 1, ended: 2 })
    if (counts === 'neither' || counts === 'out') {
      expect(rollout).toMatchObject({ state: 'running' })
      expect(rollout).not.toHaveProperty('trip')
      await offer([last], id)
    } else {
      expect(rollout).toMatchObject({ state: 'paused', by: { id: 'failure-policy' } })
      await offerNothing([last])
    }
  })
})

describe('a gate', () => {
  test('of the ended devices opens once enough have ended, however many have not asked', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 10)
    const gate = { success_percent: 60, of: 'ended', min_ended: 3 }
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate }, {}] })
    await offer(devices.slice(0, 5), id)
    await reportAll(devices.slice(0, 2), id, 'success')
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', success_percent: 100, base: 2 })
    await offerNothing(devices.slice(5, 6))
    await reportAll(devices.slice(2, 3), id, 'failure')
    expect(await gateOf(api, id)).toMatchObject({ state: 'open', success_percent: 66.66, succeeded: 2, base: 3 })
    await offer(devices.slice(5, 6), id)
  })

  test('of the ended devices asks for no more than can end', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const gate = { success_percent: 50, of: 'ended', min_ended: 10 }
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate }, {}] })
    await install(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1, 2), OTHER_TYPE)
    expect(await gateOf(api, id)).toMatchObject({ state: 'open', base: 1 })
    await offer(devices.slice(2, 3), id)
  })

  test('of the ended devices stays closed below its percentage', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const gate = { success_percent: 51, of: 'ended', min_ended: 2 }
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate }, {}] })
    await install(devices.slice(0, 1), id)
    await install(devices.slice(1, 2), id, 'failure')
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', success_percent: 50, base: 2 })
    await offerNothing(devices.slice(2))
  })

  test('whose devices are all taken out shows nothing, so it stays closed', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate: { success_percent: 1 } }, {}] })
    await offerNothing(devices.slice(0, 1), OTHER_TYPE)
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', base: 0, success_percent: 0 })
    await offerNothing(devices.slice(1))
  })

  test('that has opened stays open, whatever fails afterwards', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 8)
    const phases = [{ batch_size: 50, gate: { success_percent: 75 } }, {}]
    const id = await deploy(api, { filter_id, phases, confirm_within_minutes: 60 })
    const [first, ...others] = devices as [SimulatedDevice, ...SimulatedDevice[]]
    await install(devices.slice(0, 4), id)
    await offerNothing(devices.slice(0, 3), UPDATED)
    const opened = await gateOf(api, id)
    expect(opened).toMatchObject({ state: 'open', succeeded: 3 })
    await pass(61 * MINUTE)
    expect(await api.delete(`${V1}/devices/${first.id}/history`)).toMatchObject({ status: 204 })
    expect(await gateOf(api, id)).toMatchObject({ state: 'open', failed: 1, opened_at: opened.opened_at })
    await offer(others.slice(3, 4), id)
  })

  test('counts each device once, also if it repeats its report', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate: { success_percent: 100 } }, {}] })
    await install(devices.slice(0, 1), id)
    await reportAll(devices.slice(0, 1), id, 'success')
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', succeeded: 1, base: 2 })
  })
})

describe('a failure policy', () => {
  const twoPhases = [{ batch_size: 50 }, { start_ts: '2026-01-01T00:00:00Z' }]

  test('counts the devices of each phase separately', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 6)
    const id = await deploy(api, { filter_id, phases: twoPhases, failure_policy: { max_failures: 2 } })
    await offer(devices, id)
    await reportAll([devices[0]!, devices[3]!], id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('running')
    await reportAll([devices[4]!], id, 'failure')
    const { phases, rollout } = await show(api, id)
    expect(rollout).toMatchObject({
      state: 'paused',
      reason: { code: 'max_failures', phase_id: phases[1].id, failed: 2, ended: 2, succeeded: 0, limit: 2 },
      trip: { phase_id: phases[1].id, phase: 2, action: 'pause', failed: 2, ended: 2, timed_out: 0, unconfirmed: 0 },
    })
  })

  test('counts all devices together with scope: deployment', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 6)
    const failure_policy = { max_failures: 2, scope: 'deployment' }
    const id = await deploy(api, { filter_id, phases: twoPhases, failure_policy })
    await offer(devices, id)
    await reportAll([devices[0]!, devices[3]!], id, 'failure')
    const { reason, trip } = await rolloutOf(api, id)
    expect(reason).toMatchObject({ code: 'max_failures', failed: 2, ended: 2 })
    expect([reason, trip]).toEqual([expect.not.objectContaining({ phase_id: expect.anything() }), trip])
    expect(trip).not.toHaveProperty('phase')
  })

  test('in percent waits for min_ended devices', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 6)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failure_percent: 50, min_ended: 4 } })
    await install(devices.slice(0, 2), id, 'failure')
    await install(devices.slice(2, 3), id)
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(3, 4), id)
    expect(await rolloutOf(api, id)).toMatchObject({
      state: 'paused',
      reason: { code: 'max_failure_percent', failed: 2, succeeded: 2, ended: 4, limit: 50 },
    })
  })

  test('in percent trips with the first failure without min_ended', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failure_percent: 50 } })
    await install(devices.slice(0, 1), id)
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(1, 2), id, 'failure')
    expect((await rolloutOf(api, id)).reason).toMatchObject({ code: 'max_failure_percent', failed: 1, ended: 2 })
  })

  test('can still trip by a late failure behind a gate that is open', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 6)
    const phases = [{ batch_size: 50, gate: { success_percent: 60 } }, {}]
    const id = await deploy(api, { filter_id, phases, failure_policy: { max_failures: 1 } })
    await offer(devices.slice(0, 3), id)
    await reportAll(devices.slice(0, 2), id, 'success')
    await install(devices.slice(3, 4), id)
    await reportAll(devices.slice(2, 3), id, 'failure')
    const { phases: shown, rollout } = await show(api, id)
    expect(rollout).toMatchObject({ state: 'paused', reason: { phase_id: shown[0].id, failed: 1 } })
    expect(shown[0].progress).toMatchObject({ state: 'open', succeeded: 2, failed: 1 })
    await offerNothing(devices.slice(4))
  })

  test('lets devices in flight go on, and keep their offer', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 1 } })
    const [failing, polling, installing, waiting] = devices as [
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice],
    ]
    await offer([failing, polling, installing], id)
    await reportAll([failing], id, 'failure')
    await offer([polling], id)
    for (const status of ['downloading', 'installing', 'rebooting', 'success'])
      await reportAll([installing], id, status)
    await reportAll([polling], id, 'success')
    await offerNothing([waiting])
    expect(await statistics(api, id)).toEqual({ failure: 1, success: 2, pending: 1 })
    expect((await rolloutOf(api, id)).state).toBe('paused')
  })

  test('does not trip again before somebody has resumed the deployment, whatever fails', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 5)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 1 } })
    await offer(devices.slice(0, 3), id)
    await reportAll(devices.slice(0, 1), id, 'failure')
    const { trip } = await rolloutOf(api, id)
    await reportAll(devices.slice(1, 3), id, 'failure')
    expect((await rolloutOf(api, id)).trip).toEqual(trip)
    await resume(api, id)
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(3, 4), id, 'failure')
    const again = await rolloutOf(api, id)
    expect(again).toMatchObject({ state: 'paused', trip: { code: 'max_failures', limit: 1 } })
    expect(again.trip.at > trip.at).toBe(true)
    expect(again.trip).not.toHaveProperty('resumed_at')
  })
})

describe('a device that has not ended in time', () => {
  const timed = { failure_policy: { max_failures: 1, timeout_minutes: 60 } }

  test('is noticed without anybody asking, at its time-out and not before', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { devices: ids, ...timed })
    await offer(devices.slice(0, 1), id)
    await pass(59 * MINUTE)
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'running', timed_out: 0, in_flight: 1 })
    await pass(2 * MINUTE)
    expect(await rolloutOf(api, id)).toMatchObject({
      ...{ state: 'paused', timed_out: 1, in_flight: 0 },
      reason: { code: 'max_failures', failed: 1, timed_out: 1, ended: 1, message: expect.stringMatching(/in time/) },
    })
    await offerNothing(devices.slice(1))
  })

  test.each([
    ['success', { succeeded: 1, failed: 0 }],
    ['failure', { succeeded: 0, failed: 1 }],
  ] as const)('and reports %s after all counts as that, and what tripped stays tripped', async (status, counted) => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const phases = [{ batch_size: 50, gate: { success_percent: 50 } }, {}]
    const id = await deploy(api, { filter_id, phases, ...timed })
    await offer(devices.slice(0, 1), id)
    await pass(61 * MINUTE)
    const before = await rolloutOf(api, id)
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', failed: 1, succeeded: 0, in_flight: 0 })
    await reportAll(devices.slice(0, 1), id, status)
    expect(await gateOf(api, id)).toMatchObject({ ...counted, state: status === 'success' ? 'open' : 'collecting' })
    const after = await rolloutOf(api, id)
    expect(after).toMatchObject({ state: 'paused', reason: before.reason, trip: before.trip, timed_out: 0 })
    await offerNothing(devices.slice(1))
  })

  test('and reports that it goes on is still counted as failed, until it ends', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 2, timeout_minutes: 60 } })
    await offer(devices.slice(0, 1), id)
    await pass(61 * MINUTE)
    await reportAll(devices.slice(0, 1), id, 'installing')
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'running', timed_out: 1 })
    await install(devices.slice(1), id, 'failure')
    expect((await rolloutOf(api, id)).trip).toMatchObject({ failed: 2, timed_out: 1 })
  })

  test('and for which the deployment is aborted then has failed all the same', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const deployment_id = await deploy(api, { devices: ids, ...timed })
    await offer(devices.slice(0, 2), deployment_id)
    await pass(61 * MINUTE)
    await abort(api, deployment_id)
    const expectFailed = async () => {
      const { body } = await api.get(`${V2}/${deployment_id}/failures`)
      expect(body).toEqual([expect.objectContaining({ kind: 'timed_out', count: 2 })])
      const devices_of = { deployment_id, outcome: 'failed' }
      expect(await statistics(api, await deploy(api, { devices_of }))).toEqual({ pending: 2 })
    }
    await expectFailed()
    await writeAllAborts(server.env)
    await expectFailed()
  })

  test('and fails with a retry left has its next attempt', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, retries: 1, failure_policy: { max_failures: 2, timeout_minutes: 60 } })
    await offer(devices, id)
    await pass(61 * MINUTE)
    await reportAll(devices, id, 'failure')
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'running', timed_out: 0, waiting: 1 })
    await install(devices, id)
    expect(await show(api, id)).toMatchObject({ status: 'finished', rollout: { state: 'stopped', timed_out: 0 } })
  })

  test('is none that polls while it waits for its next attempt, though check-ins are stored rarely', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const failure_policy = { max_failures: 1, timeout_minutes: 5 }
    const id = await deploy(api, { devices: ids, retries: 1, failure_policy })
    await install(devices, id, 'failure')
    await pause(api, id)
    for (let minute = 0; minute < 30; minute++) {
      await offerNothing(devices)
      await saveCheckIns(server.env)
      await pass(MINUTE)
    }
    expect(await rolloutOf(api, id)).toMatchObject({ timed_out: 0, waiting: 1 })
    await pass(20 * MINUTE)
    expect(await rolloutOf(api, id)).toMatchObject({ timed_out: 1, waiting: 0, trip: { timed_out: 1 } })
  })

  test('of an aborted deployment is none', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, ...timed })
    await offer(devices, id)
    await abort(api, id)
    await writeAborts(server.env, new AbortController().signal)
    expect((await api.get(`${V1}/${id}/devices/list`)).body[0]).not.toHaveProperty('deadline')
  })

  test('stays in the deployment, which does not finish without it', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, failure_policy: { timeout_minutes: 60 } })
    await offer(devices, id)
    await reportAll(devices.slice(1), id, 'success')
    await pass(2 * HOUR)
    expect(await show(api, id)).toMatchObject({ status: 'inprogress', rollout: { state: 'running', timed_out: 1 } })
    await reportAll(devices.slice(0, 1), id, 'success')
    expect(await show(api, id)).toMatchObject({ status: 'finished', rollout: { timed_out: 0 } })
  })
})

describe('a device whose success is to be confirmed', () => {
  test('holds the end of the deployment, and is confirmed by its next poll', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, confirm_within_minutes: 60 })
    await install(devices, id)
    expect(await show(api, id)).toMatchObject({ status: 'inprogress', rollout: { unconfirmed: 1, in_flight: 1 } })
    await offerNothing(devices, UPDATED)
    expect(await show(api, id)).toMatchObject({ status: 'finished', rollout: { unconfirmed: 0, in_flight: 0 } })
    const { body } = await api.get(`${V1}/${id}/devices/list`)
    expect(body).toMatchObject([{ status: 'success', confirmation: 'confirmed' }])
  })

  test('and is not confirmed in time counts as failed, until a poll confirms it; what tripped stays tripped', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const phases = [{ batch_size: 50, gate: { success_percent: 50 } }, {}]
    const rules = { confirm_within_minutes: 60, failure_policy: { max_failures: 1 } }
    const id = await deploy(api, { filter_id, phases, ...rules })
    await install(devices.slice(0, 1), id)
    await pass(61 * MINUTE)
    const before = await rolloutOf(api, id)
    expect(before).toMatchObject({
      ...{ state: 'paused', unconfirmed: 0, unconfirmed_in_time: 1 },
      trip: { failed: 1, unconfirmed: 1, timed_out: 0, ended: 1 },
    })
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', failed: 1, succeeded: 0 })
    await offerNothing(devices.slice(0, 1), UPDATED)
    expect(await gateOf(api, id)).toMatchObject({ state: 'open', failed: 0, succeeded: 1 })
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'paused', trip: before.trip, unconfirmed_in_time: 0 })
  })

  test('and is decommissioned before is taken out, and does not fail later', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const rules = { confirm_within_minutes: 60, failure_policy: { max_failures: 1 } }
    const id = await deploy(api, { devices: ids, ...rules })
    await install(devices, id)
    expect(await api.delete(`${DEVAUTH}/devices/${ids[0]}`)).toMatchObject({ status: 204 })
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'running', unconfirmed: 1, in_flight: 1 })
    await offerNothing(devices.slice(1), UPDATED)
    expect(await show(api, id)).toMatchObject({ status: 'finished', rollout: { unconfirmed: 0 } })
    expect(await statistics(api, id)).toEqual({ success: 1, decommissioned: 1 })
    await pass(61 * MINUTE)
    expect(await rolloutOf(api, id)).toMatchObject({ unconfirmed_in_time: 0 })
  })
})
