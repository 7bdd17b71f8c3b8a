import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { pruneHistory } from '../../src/deployments/upkeep/prune-history.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { abort, deploy, poll, reportAll, show, statistics, V1, V2 } from '../support/deploy.ts'
import { listen, synced } from '../support/events.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import {
  DAY,
  explain,
  gateOf,
  HOUR,
  install,
  MINUTE,
  offer,
  offerNothing,
  pause,
  phaseIds,
  resume,
  rolloutFleet,
  rolloutOf,
  UPDATED,
} from '../support/rollouts.ts'
import { addUser, eventsOf, idOf } from '../support/users.ts'
import { ROLES, signIn } from '../support/world.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const UNKNOWN = '00000000-0000-4000-8000-000000000000'
const done = { status: 204, text: '' }
const refused = (status: number, code: string) => ({ status, body: { code } })

/** Two phases, of which the first has this gate; it takes half of the devices. */
const gated = (gate: object, ...more: object[]) => ({ phases: [{ batch_size: 50, gate }, ...more, {}] })

const finishedDeployment = async (api: Api, devices: string[], more = {}) => {
  const id = await deploy(api, { devices, ...more })
  await abort(api, id)
  return id
}

describe('pause', () => {
  test('stops first offers and further attempts, and nothing else, until resume', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 5)
    const [waiting, offered, retrying, having, installing] = devices as SimulatedDevice[] as [
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice],
    ]
    const id = await deploy(api, { devices: ids, retries: 1 })
    await offer([offered, installing], id)
    await install([retrying], id, 'failure')
    await pause(api, id, { reason: 'the depot has no power' })
    await offerNothing([waiting, retrying])
    await offerNothing([having], UPDATED)
    await offer([offered], id)
    await reportAll([installing], id, 'success')
    expect(await statistics(api, id)).toEqual({ pending: 4, success: 1 })
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'paused', in_flight: 1, waiting: 1 })
    // Now these devices are remembered as idle.
    await offerNothing([waiting, retrying])
    await resume(api, id)
    await offer([waiting, retrying], id)
    await offerNothing([having], UPDATED)
    expect(await statistics(api, id)).toMatchObject({ 'already-installed': 1 })
  })

  test('shows who paused the deployment, when and why, to users and for each device', async () => {
    const { api, ids, devices, tenant } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    await pause(api, id, { reason: 'The depot has no power.' })
    const rollout = await rolloutOf(api, id)
    expect(rollout).toMatchObject({
      state: 'paused',
      reason: { code: 'paused_by_user', message: `Paused by ${tenant.email}: The depot has no power.` },
      by: { id: idOf(api), email: tenant.email },
      since: expect.stringMatching(/Z$/),
    })
    expect(await explain(api, id, devices[0]!)).toMatchObject({
      code: 'paused',
      message: expect.stringMatching(/paused by .*@example\.com at .*Z: The depot has no power\.$/),
    })
    expect((await api.get(V2)).body).toMatchObject([{ id, status: 'pending', rollout }])
  })

  test('is 204 again, without a body too, and keeps the first reason', async () => {
    const { api, ids } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    await pause(api, id, { reason: 'first' })
    const { rollout } = await show(api, id)
    for (const body of [undefined, {}, { reason: null }, { reason: 'second' }])
      expect(await api.post(`${V2}/${id}/pause`, body)).toMatchObject(done)
    expect((await show(api, id)).rollout).toEqual(rollout)
  })

  test('is 409 for a finished deployment, 404 for an unknown one and 400 for an id that is none', async () => {
    const { api, ids } = await rolloutFleet(server, 1)
    const id = await finishedDeployment(api, ids)
    expect(await api.post(`${V2}/${id}/pause`)).toMatchObject(refused(409, 'deployment_finished'))
    expect(await api.post(`${V2}/${UNKNOWN}/pause`)).toMatchObject(refused(404, 'deployment_not_found'))
    expect(await api.post(`${V2}/nothing/pause`)).toMatchObject(refused(400, 'invalid_id'))
    const long = { reason: 'x'.repeat(1025) }
    expect(await api.post(`${V2}/${id}/pause`, long)).toMatchObject({ status: 400, body: { field: 'reason' } })
  })

  test('of one deployment does not let devices skip it for a newer one', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    const newer = await deploy(api, { devices: ids, artifact_name: 'release-0' })
    await pause(api, id)
    await offerNothing(devices)
    await resume(api, id)
    await install(devices, id)
    await offer(devices, newer)
  })

  test('does not keep an abort from ending the deployment', async () => {
    const { api, ids } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    await pause(api, id)
    await abort(api, id)
    expect(await show(api, id)).toMatchObject({ status: 'finished', rollout: { state: 'stopped' } })
  })
})

describe('resume', () => {
  test('is 409 if the deployment is not paused or is finished, and 404 for an unknown one', async () => {
    const { api, ids } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    expect(await api.post(`${V2}/${id}/resume`)).toMatchObject(refused(409, 'deployment_not_paused'))
    await pause(api, id)
    await abort(api, id)
    expect(await api.post(`${V2}/${id}/resume`)).toMatchObject(refused(409, 'deployment_finished'))
    expect(await api.post(`${V2}/${UNKNOWN}/resume`)).toMatchObject(refused(404, 'deployment_not_found'))
    expect(await api.post(`${V2}/nothing/resume`)).toMatchObject(refused(400, 'invalid_id'))
  })

  test('makes the policy count only what ends afterwards: the number of failures', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 6)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 2 } })
    await install(devices.slice(0, 2), id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('paused')
    await resume(api, id, { reason: 'two bad boards' })
    const resumed = await rolloutOf(api, id)
    expect(resumed).toMatchObject({ state: 'running', trip: { failed: 2, resumed_at: resumed.since } })
    await install(devices.slice(2, 3), id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(3, 4), id, 'failure')
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'paused', trip: { limit: 2 } })
    await offerNothing(devices.slice(4))
  })

  test('makes the policy count only what ends afterwards: the percentage', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 9)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failure_percent: 50, min_ended: 4 } })
    await install(devices.slice(0, 4), id, 'failure')
    await resume(api, id)
    await install(devices.slice(4, 7), id)
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(7, 8), id, 'failure')
    // One of four, not five of eight.
    expect((await rolloutOf(api, id)).state).toBe('running')
    await offer(devices.slice(8), id)
  })

  test('of a later pause leaves the time at which a trip was resumed', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 1 } })
    await install(devices.slice(0, 1), id, 'failure')
    await resume(api, id)
    const { trip } = await rolloutOf(api, id)
    server.advance(60_000)
    await pause(api, id)
    await resume(api, id)
    expect((await rolloutOf(api, id)).trip).toEqual(trip)
  })

  test('after a pause by a user does not count what had failed before either', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 2 } })
    await install(devices.slice(0, 1), id, 'failure')
    await pause(api, id)
    await resume(api, id)
    await install(devices.slice(1, 2), id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('running')
    await install(devices.slice(2, 3), id, 'failure')
    expect((await rolloutOf(api, id)).state).toBe('paused')
  })

  test('leaves devices that had failed where they are', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, failure_policy: { max_failures: 1 } })
    await install(devices.slice(0, 1), id, 'failure')
    await resume(api, id)
    await offerNothing(devices.slice(0, 1))
    await install(devices.slice(1), id)
    expect(await show(api, id)).toMatchObject({
      status: 'finished',
      statistics: { status: { failure: 1, success: 1 } },
    })
  })
})

const approve = (api: Api, id: string, phase: string | undefined, body?: object) =>
  api.post(`${V2}/${id}/phases/${phase}/approve`, body)

describe('an approval', () => {
  test.each(['required', 'other_user'])('%s opens the next phase, and nothing before it does', async (approval) => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100, approval }) })
    const [first] = await phaseIds(api, id)
    await install(devices.slice(0, 2), id)
    await offerNothing(devices.slice(2))
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'held', reason: { code: 'approval', phase_id: first } })
    const { api: theirs, email } = await addUser(server, tenant, ['RBAC_ROLE_PERMIT_ALL'])
    expect(await approve(theirs, id, first, { comment: 'no complaints' })).toMatchObject(done)
    expect(await gateOf(api, id)).toMatchObject({
      ...{ state: 'open', approved_by: { id: idOf(theirs), email }, comment: 'no complaints' },
      opened_at: expect.any(String),
    })
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'running' })
    await offer(devices.slice(2), id)
  })

  test('may come from the user who created the deployment, unless it asks for another user', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const required = await deploy(api, { devices: ids, ...gated({ approval: 'required' }) })
    expect(await approve(api, required, (await phaseIds(api, required))[0])).toMatchObject(done)
    await abort(api, required)
    const id = await deploy(api, { devices: ids, ...gated({ approval: 'other_user' }) })
    const [phase] = await phaseIds(api, id)
    expect(await approve(api, id, phase)).toMatchObject(refused(403, 'approval_by_creator'))
    await install(devices.slice(0, 2), id)
    expect(await gateOf(api, id)).toMatchObject({ state: 'awaiting_approval' })
    await offerNothing(devices.slice(2))
  })

  test('is 409 while the gate waits for something else, once it is open, and without a gate', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const gate = { success_percent: 100, soak_minutes: 60, verdicts: ['grafana'], approval: 'required' }
    const id = await deploy(api, { devices: ids, ...gated(gate) })
    const [first, second] = await phaseIds(api, id)
    const waiting = refused(409, 'not_awaiting_approval')
    expect(await approve(api, id, first)).toMatchObject(waiting)
    await install(devices.slice(0, 2), id)
    expect(await gateOf(api, id)).toMatchObject({ state: 'soaking' })
    expect(await approve(api, id, first)).toMatchObject(waiting)
    server.advance(HOUR)
    expect(await gateOf(api, id)).toMatchObject({ state: 'awaiting_verdict' })
    expect(await approve(api, id, first)).toMatchObject(waiting)
    await api.put(`${V2}/${id}/phases/${first}/verdicts/grafana`, { verdict: 'pass' })
    expect(await gateOf(api, id)).toMatchObject({ state: 'awaiting_approval' })
    expect(await approve(api, id, second)).toMatchObject(waiting)
    expect(await approve(api, id, first)).toMatchObject(done)
    expect(await approve(api, id, first)).toMatchObject(waiting)
    expect((await gateOf(api, id)).state).toBe('open')
  })

  test('is 409 of a finished deployment, and 404 of an unknown deployment or phase', async () => {
    const { api, ids } = await rolloutFleet(server, 4)
    const id = await finishedDeployment(api, ids, gated({ approval: 'required' }))
    const [phase] = await phaseIds(api, id)
    expect(await approve(api, id, phase)).toMatchObject(refused(409, 'deployment_finished'))
    const running = await deploy(api, { devices: ids, ...gated({ approval: 'required' }) })
    for (const other of [UNKNOWN, 'nothing', phase])
      expect(await approve(api, running, other)).toMatchObject(refused(404, 'phase_not_found'))
    expect(await approve(api, UNKNOWN, phase)).toMatchObject(refused(404, 'deployment_not_found'))
  })
})

const open = (api: Api, id: string, phase: string | undefined, body?: unknown) =>
  api.post(`${V2}/${id}/phases/${phase}/open`, body)

describe('opening a gate by hand', () => {
  test('opens the next phase although the gate does not hold, and says who did it and why', async () => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100 }) })
    const [phase] = await phaseIds(api, id)
    await install(devices.slice(0, 2), id, 'failure')
    await offerNothing(devices.slice(2))
    expect(await open(api, id, phase, { reason: 'two devices are in repair' })).toMatchObject(done)
    expect(await gateOf(api, id)).toMatchObject({
      ...{ state: 'open', success_percent: 0, failed: 2, reason: 'two devices are in repair' },
      opened_by: { id: idOf(api), email: tenant.email },
    })
    await offer(devices.slice(2), id)
  })

  test.each([undefined, {}, { reason: null }, { reason: '' }, { reason: '  ' }, { reason: 1 }])(
    'is 400 without a reason: %j',
    async (body) => {
      const { api, ids } = await rolloutFleet(server, 2)
      const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100 }) })
      const [phase] = await phaseIds(api, id)
      expect(await open(api, id, phase, body)).toMatchObject({ status: 400 })
      expect((await gateOf(api, id)).state).toBe('collecting')
    },
  )

  test('is 409 once the gate is open or the deployment finished, and 404 without a gate', async () => {
    const { api, ids } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100 }) })
    const [phase, last] = await phaseIds(api, id)
    const body = { reason: 'I know better' }
    expect(await open(api, id, last, body)).toMatchObject(refused(404, 'gate_not_found'))
    expect(await open(api, id, UNKNOWN, body)).toMatchObject(refused(404, 'phase_not_found'))
    expect(await open(api, UNKNOWN, phase, body)).toMatchObject(refused(404, 'deployment_not_found'))
    expect(await open(api, id, phase, body)).toMatchObject(done)
    expect(await open(api, id, phase, body)).toMatchObject(refused(409, 'gate_open'))
    await abort(api, id)
    expect(await open(api, id, phase, body)).toMatchObject(refused(409, 'deployment_finished'))
  })

  test('of a later phase does not open the phases between', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const gate = { success_percent: 100 }
    const phases = [{ batch_size: 25, gate }, { batch_size: 25, gate }, {}]
    const id = await deploy(api, { devices: ids, phases })
    const [first, second] = await phaseIds(api, id)
    expect(await open(api, id, second, { reason: 'not needed' })).toMatchObject(done)
    await offer(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1))
    expect(await open(api, id, first, { reason: 'not needed' })).toMatchObject(done)
    await offer(devices.slice(1), id)
  })
})

const giveVerdict = (api: Api, id: string, phase: string | undefined, name: string, body: unknown) =>
  api.put(`${V2}/${id}/phases/${phase}/verdicts/${name}`, body)

describe('a verdict', () => {
  const verdicts = ['grafana', 'smoke-test']
  const pass = { verdict: 'pass' }

  test('of pass is needed of each program that the gate names, in any order and at any time', async () => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100, verdicts }) })
    const [phase] = await phaseIds(api, id)
    expect(await giveVerdict(api, id, phase, 'smoke-test', { ...pass, reason: 'all green' })).toMatchObject(done)
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting' })
    await install(devices.slice(0, 2), id)
    expect(await rolloutOf(api, id)).toMatchObject({
      state: 'held',
      reason: { code: 'verdict', message: expect.stringContaining('grafana reports') },
    })
    await offerNothing(devices.slice(2))
    expect(await giveVerdict(api, id, phase, 'grafana', pass)).toMatchObject(done)
    const by = { id: idOf(api), email: tenant.email }
    expect(await gateOf(api, id)).toMatchObject({
      state: 'open',
      verdicts: {
        'smoke-test': { verdict: 'pass', reason: 'all green', by, at: expect.any(String) },
        grafana: { verdict: 'pass', by },
      },
    })
    await offer(devices.slice(2), id)
  })

  test('of fail pauses a deployment without a policy at once; resumed, it needs a pass', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100, verdicts: ['grafana'] }) })
    const [phase] = await phaseIds(api, id)
    await install(devices.slice(0, 1), id)
    const fail = { verdict: 'fail', reason: 'the error rate has doubled' }
    expect(await giveVerdict(api, id, phase, 'grafana', fail)).toMatchObject(done)
    expect(await rolloutOf(api, id)).toMatchObject({
      ...{ state: 'paused', by: { id: 'failure-policy' } },
      reason: {
        code: 'verdict_failed',
        phase_id: phase,
        message: expect.stringContaining('verdict of grafana is fail'),
      },
      trip: { code: 'verdict_failed', program: 'grafana', phase: 1, action: 'pause', failed: 0, ended: 1 },
    })
    await offerNothing(devices.slice(1))
    await resume(api, id)
    await install(devices.slice(1, 2), id)
    expect(await gateOf(api, id)).toMatchObject({ state: 'awaiting_verdict', verdicts: { grafana: fail } })
    await offerNothing(devices.slice(2))
    expect(await giveVerdict(api, id, phase, 'grafana', pass)).toMatchObject(done)
    await offer(devices.slice(2), id)
  })

  test('of fail leaves a trip as it is until somebody resumes the deployment', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const rules = { failure_policy: { max_failures: 1 }, ...gated({ verdicts: ['grafana'] }) }
    const id = await deploy(api, { devices: ids, ...rules })
    const [phase] = await phaseIds(api, id)
    await install(devices.slice(0, 1), id, 'failure')
    const { trip } = await rolloutOf(api, id)
    expect(await giveVerdict(api, id, phase, 'grafana', { verdict: 'fail' })).toMatchObject(done)
    expect((await rolloutOf(api, id)).trip).toEqual(trip)
    expect(await gateOf(api, id)).toMatchObject({ verdicts: { grafana: { verdict: 'fail' } } })
    await resume(api, id)
    expect(await giveVerdict(api, id, phase, 'grafana', { verdict: 'fail' })).toMatchObject(done)
    expect((await rolloutOf(api, id)).trip).toMatchObject({ code: 'verdict_failed' })
  })

  test('of fail does what the failure policy says', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const failure_policy = { max_failures: 100, action: 'abort' }
    const id = await deploy(api, { devices: ids, failure_policy, ...gated({ verdicts: ['grafana'] }) })
    const [phase] = await phaseIds(api, id)
    await offer(devices.slice(0, 1), id)
    expect(await giveVerdict(api, id, phase, 'grafana', { verdict: 'fail' })).toMatchObject(done)
    expect(await show(api, id)).toMatchObject({
      ...{ status: 'finished', aborted: expect.any(String), statistics: { status: { aborted: 1 } } },
      rollout: { state: 'stopped', reason: { code: 'verdict_failed' }, by: { id: 'failure-policy' } },
    })
    expect(await devices[0]!.report(id, 'success')).toMatchObject({ status: 409 })
  })

  test('is 404 of a program, phase or deployment that is not known, 400 of another word, 409 at the end', async () => {
    const { api, ids } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ verdicts: ['grafana'] }) })
    const [phase, last] = await phaseIds(api, id)
    expect(await giveVerdict(api, id, phase, 'jenkins', pass)).toMatchObject(refused(404, 'verdict_not_asked'))
    expect(await giveVerdict(api, id, last, 'grafana', pass)).toMatchObject(refused(404, 'gate_not_found'))
    expect(await giveVerdict(api, id, UNKNOWN, 'grafana', pass)).toMatchObject(refused(404, 'phase_not_found'))
    expect(await giveVerdict(api, UNKNOWN, phase, 'grafana', pass)).toMatchObject(refused(404, 'deployment_not_found'))
    for (const body of [undefined, {}, { verdict: 'maybe' }, { verdict: null }])
      expect(await giveVerdict(api, id, phase, 'grafana', body)).toMatchObject({ status: 400 })
    await abort(api, id)
    expect(await giveVerdict(api, id, phase, 'grafana', pass)).toMatchObject(refused(409, 'deployment_finished'))
  })
})

const rollBack = (api: Api, id: string, body: object = { artifact_name: 'release-0' }) =>
  api.post(`${V2}/${id}/rollback`, body)

/** The id in the `Location` of a rollback, which must lead to the deployment. */
async function rollbackOf(api: Api, id: string, body?: object): Promise<string> {
  const response = await rollBack(api, id, body)
  expect(response).toMatchObject({ status: 201, text: '' })
  const { pathname } = new URL(response.headers.get('location') ?? '', `${api.url}${V2}/${id}/rollback`)
  const made = await api.get(pathname)
  expect(made).toMatchObject({ status: 200, body: { rollback_of: id } })
  return made.body.id
}

describe('a rollback by a user', () => {
  test('aborts the deployment, and deploys the release to the devices that it has touched', async () => {
    const { api, tenant, filter_id, devices } = await rolloutFleet(server, 6)
    const [installed, failed, offered, installing, having, untouched] = devices as [
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice],
    ]
    const id = await deploy(api, { filter_id })
    await install([installed], id)
    await install([failed], id, 'failure')
    await offer([offered, installing], id)
    await reportAll([installing], id, 'installing')
    await offerNothing([having], UPDATED)
    const rollback = await rollbackOf(api, id)
    expect(await show(api, id)).toMatchObject({
      ...{ status: 'finished', aborted: expect.any(String), rolled_back_by: rollback },
      rollout: { state: 'stopped', reason: { code: 'rolled_back' } },
      statistics: { status: { success: 1, failure: 1, aborted: 2, 'already-installed': 1 } },
    })
    expect(await show(api, rollback)).toMatchObject({
      ...{ name: 'Rollback of production', artifact_name: 'release-0', dynamic: false, status: 'pending' },
      ...{ rollback_of: id, max_devices: 4, initial_device_count: 4, statistics: { status: { pending: 4 } } },
      created_by: { id: idOf(api), email: tenant.email },
    })
    await offerNothing([untouched])
    await offerNothing([having], UPDATED)
    expect(await explain(api, rollback, untouched)).toMatchObject({ code: 'not_listed' })
    for (const device of [installed, offered, installing])
      expect(await poll(device, UPDATED)).toMatchObject({ status: 200, body: { id: rollback } })
    // It has gone back by itself.
    await offerNothing([failed], { artifact_name: 'release-0' })
    await reportAll([installed, offered, installing], rollback, 'success')
    expect(await show(api, rollback)).toMatchObject({
      ...{ status: 'finished', statistics: { status: { success: 3, 'already-installed': 1 } } },
    })
    expect((await api.get(`${V1}/${rollback}/device_list`)).body).toHaveLength(4)
  })

  test('of a finished deployment is possible, too', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids })
    await install(devices, id)
    const { finished } = await show(api, id)
    const rollback = await rollbackOf(api, id)
    const after = await show(api, id)
    expect(after).toMatchObject({ status: 'finished', finished, rolled_back_by: rollback })
    expect(after).not.toHaveProperty('aborted')
    expect(await poll(devices[0]!, UPDATED)).toMatchObject({ status: 200, body: { id: rollback } })
  })

  test('is 409 the second time, 409 if nobody has had an offer, 422 without the release, 404 without deployment', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids })
    expect(await rollBack(api, id)).toMatchObject(refused(409, 'nothing_to_roll_back'))
    expect(await show(api, id)).toMatchObject({ status: 'pending' })
    await offer(devices.slice(0, 1), id)
    expect(await rollBack(api, id, { artifact_name: 'release-9' })).toMatchObject({ status: 422 })
    for (const body of [{}, { artifact_name: '' }, { artifact_name: null }])
      expect(await rollBack(api, id, body)).toMatchObject({ status: 400, body: { field: 'artifact_name' } })
    expect((await show(api, id)).rollout).toMatchObject({ state: 'running', in_flight: 1 })
    await rollbackOf(api, id)
    expect(await rollBack(api, id)).toMatchObject(refused(409, 'already_rolled_back'))
    expect(await rollBack(api, UNKNOWN)).toMatchObject(refused(404, 'deployment_not_found'))
    expect(await rollBack(api, 'nothing')).toMatchObject(refused(400, 'invalid_id'))
    expect((await api.get(V2)).body).toHaveLength(2)
  })

  test('of a deployment with a long name cuts no character in two', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, name: `${'x'.repeat(243)}\u{1f600}` })
    await offer(devices, id)
    expect((await show(api, await rollbackOf(api, id))).name).toBe(`Rollback of ${'x'.repeat(243)}`)
  })

  test('is 409 once the removal of the history has begun, and keeps it from beginning', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const [first, second] = devices as [SimulatedDevice, SimulatedDevice]
    const one = await deploy(api, { devices: [first.id] })
    await install([first], one)
    const other = await deploy(api, { devices: ids })
    await install([first, second], other)
    const rollback = await rollbackOf(api, other)
    const later = { db: server.env.db, now: () => new Date(server.env.now().getTime() + 31 * DAY) }
    await pruneHistory(later, 30, new AbortController().signal)
    expect(await rollBack(api, one)).toMatchObject(refused(409, 'history_removed'))
    await offer([first, second], rollback, UPDATED)
  })

  test('keeps the limits and windows of the deployment, unless the request says otherwise', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const rules = {
      ...{ max_in_flight: 1, offers_per_minute: 100, time_zone: 'Europe/Berlin' },
      windows: [{ from: '00:00', to: '24:00' }],
    }
    const more = { failure_policy: { max_failures: 3 }, confirm_within_minutes: 60, order: 'random' }
    const id = await deploy(api, { devices: ids, ...rules, ...more })
    await install(devices.slice(0, 1), id)
    await offerNothing(devices.slice(0, 1), UPDATED)
    await install(devices.slice(1, 2), id)
    const kept = await rollbackOf(api, id)
    const shown = await show(api, kept)
    expect(shown).toMatchObject(rules)
    for (const member of Object.keys(more)) expect(shown).not.toHaveProperty(member)
    await offer(devices.slice(0, 1), kept, UPDATED)
    await offerNothing(devices.slice(1, 2), UPDATED)
    await reportAll(devices.slice(0, 1), kept, 'success')
    await offer(devices.slice(1, 2), kept, UPDATED)

    const second = await deploy(api, { devices: ids.slice(2), ...rules })
    await install(devices.slice(2, 3), second)
    await install(devices.slice(3, 4), second)
    const free = await rollbackOf(api, second, { artifact_name: 'release-0', keep_limits: false })
    for (const member of Object.keys(rules)) expect(await show(api, free)).not.toHaveProperty(member)
    await offer(devices.slice(2), free, UPDATED)
  })

  test('waits for the window of the deployment', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const hour = new Date(server.env.now().getTime()).getUTCHours()
    const two = (n: number) => `${String(n % 24).padStart(2, '0')}:00`
    const id = await deploy(api, { devices: ids, windows: [{ from: two(hour), to: two(hour + 1) }] })
    await install(devices, id)
    server.advance(HOUR)
    const rollback = await rollbackOf(api, id)
    await offerNothing(devices, UPDATED)
    expect(await explain(api, rollback, devices[0]!)).toMatchObject({ code: 'waits_for_window' })
    server.advance(23 * HOUR)
    await offer(devices, rollback, UPDATED)
  })

  test('can be rolled back itself', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    await install(devices, id)
    const back = await rollbackOf(api, id)
    await offer(devices, back, UPDATED)
    const forth = await rollbackOf(api, back, { artifact_name: 'release-1' })
    expect(await show(api, back)).toMatchObject({ rollback_of: id, rolled_back_by: forth })
    expect(await poll(devices[0]!, { artifact_name: 'release-0' })).toMatchObject({ status: 200, body: { id: forth } })
  })
})

describe('a rollback by the failure policy', () => {
  const failure_policy = { max_failures: 2, action: 'rollback', rollback_artifact_name: 'release-0' }

  test('happens with the failure that trips it, once, for the devices that were touched', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 5)
    const id = await deploy(api, { filter_id, failure_policy })
    await install(devices.slice(0, 1), id)
    await offer(devices.slice(1, 4), id)
    await reportAll(devices.slice(1, 3), id, 'failure')
    const { rolled_back_by, ...shown } = await show(api, id)
    expect(shown).toMatchObject({
      ...{
        status: 'finished',
        aborted: expect.any(String),
        statistics: { status: { failure: 2, success: 1, aborted: 1 } },
      },
      rollout: {
        ...{ state: 'stopped', by: { id: 'failure-policy' } },
        reason: { code: 'max_failures', message: expect.stringContaining('rolled back by the failure policy') },
        trip: { action: 'rollback', failed: 2 },
      },
    })
    expect(await show(api, rolled_back_by)).toMatchObject({
      ...{ rollback_of: id, artifact_name: 'release-0', initial_device_count: 4 },
      created_by: { id: 'failure-policy' },
    })
    expect((await api.get(V2)).body).toHaveLength(2)
    await offer(devices.slice(0, 1), rolled_back_by, UPDATED)
    await offer(devices.slice(1, 4), rolled_back_by)
    await offerNothing(devices.slice(4))
    expect(await rollBack(api, id)).toMatchObject(refused(409, 'already_rolled_back'))
  })

  test('follows a time-out that nobody reports', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { devices: ids, failure_policy: { ...failure_policy, timeout_minutes: 30 } })
    await offer(devices.slice(0, 2), id)
    server.advance(31 * MINUTE)
    await server.supervise()
    await server.supervise()
    const { rolled_back_by, rollout } = await show(api, id)
    expect(rollout.trip).toMatchObject({ failed: 2, timed_out: 2, action: 'rollback' })
    expect((await api.get(V2)).body.map((one: { id: string }) => one.id).sort()).toEqual([id, rolled_back_by].sort())
    await offer(devices.slice(0, 2), rolled_back_by)
    await offerNothing(devices.slice(2))
  })

  test('has its release, which cannot be removed while the deployment runs', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, failure_policy: { ...failure_policy, max_failures: 1 } })
    const removal = await api.delete('/api/management/v2/deployments/deployments/releases?name=release-0')
    expect(removal).toMatchObject({ status: 409, body: { active_deployments: [id] } })
    await install(devices.slice(0, 1), id, 'failure')
    expect(await show(api, id)).toMatchObject({ rolled_back_by: expect.any(String) })
  })
})

describe('the audit log', () => {
  test('has everything that people and programs do with a rollout, with its reason', async () => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 6)
    const gate = { success_percent: 50, approval: 'required', verdicts: ['grafana'] }
    const phases = [{ batch_size: 34, gate }, { batch_size: 34, gate: { success_percent: 100 } }, {}]
    const id = await deploy(api, { devices: ids, phases })
    const [first, second] = await phaseIds(api, id)
    await pause(api, id, { reason: 'no power' })
    await pause(api, id, { reason: 'again' })
    await resume(api, id, { reason: 'power' })
    await install(devices.slice(0, 2), id)
    await giveVerdict(api, id, first, 'grafana', { verdict: 'pass', reason: 'no errors' })
    await giveVerdict(api, id, first, 'grafana', { verdict: 'pass', reason: 'no errors' })
    await approve(api, id, first, { comment: 'looks good' })
    await open(api, id, second, { reason: 'hurry' })
    await rollbackOf(api, id)
    const log = await eventsOf(server, tenant)
    const own = log.filter(({ object }) => (object as { id: string }).id === id)
    const line = ({ action, actor, change }: (typeof own)[number]) => [action, (actor as { type: string }).type, change]
    const at = (pattern: RegExp) => expect.stringMatching(pattern)
    expect(own.map(line)).toEqual([
      ['create', 'user', null],
      ['pause', 'user', 'no power'],
      ['resume', 'user', 'power'],
      ['verdict', 'user', 'grafana: pass for phase 1\nno errors'],
      ['approve', 'user', 'Approved phase 1\nlooks good'],
      ['open', 'system', at(/^The gate of phase 1 opened at .*Z$/)],
      ['open', 'system', at(/^Phase 2 opened at .*Z$/)],
      ['open', 'user', 'Opened the gate of phase 2, which did not hold\nhurry'],
      ['open', 'system', at(/^Phase 3 opened at .*Z$/)],
      ['rollback', 'user', 'To release-0'],
    ])
    for (const { actor, object } of own) {
      const { type } = actor as { type: string }
      expect(object).toMatchObject({
        type: 'deployment',
        deployment: { name: 'production', artifact_name: 'release-1' },
      })
      expect(actor).toEqual(
        type === 'system' ? { id: 'failure-policy', type } : { id: idOf(api), type, email: tenant.email },
      )
    }
    const created = log.filter(({ action }) => action === 'create').at(-1)
    expect(created).toMatchObject({ change: `Rolls back deployment ${id}`, object: { type: 'deployment' } })
    const { body } = await api.get('/api/management/v1/auditlogs/logs?object_type=deployment&action=approve')
    expect(body).toMatchObject([{ action: 'approve', change: 'Approved phase 1\nlooks good' }])
  })

  test('has each trip with its numbers, and what followed, by the system', async () => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 4)
    const failure_policy = { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-0' }
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 50 }), failure_policy })
    await install(devices.slice(0, 1), id)
    await install(devices.slice(1, 2), id, 'failure')
    const { rolled_back_by } = await show(api, id)
    const byPolicy = (await eventsOf(server, tenant)).filter(
      ({ actor }) => (actor as { type: string }).type === 'system',
    )
    const actor = { id: 'failure-policy', type: 'system' }
    expect(byPolicy).toMatchObject([
      { actor, action: 'open', object: { id }, change: expect.stringContaining('The gate of phase 1 opened') },
      { actor, action: 'open', object: { id }, change: expect.stringContaining('Phase 2 opened') },
      {
        ...{ actor, action: 'trip', object: { id } },
        change:
          '1 of 2 devices failed in phase 1 (50 %): aborted and rolled back by the failure policy (limit 1 device).',
      },
      { actor, action: 'create', object: { id: rolled_back_by }, change: `Rolls back deployment ${id}` },
    ])
  })

  test('has a gate that opens at the end of its soak, with that time, although nobody asked', async () => {
    const { api, tenant, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, ...gated({ success_percent: 100, soak_minutes: 60 }) })
    await install(devices.slice(0, 2), id)
    const { opens_at } = await gateOf(api, id)
    server.advance(3 * HOUR)
    await server.supervise()
    const opened = (await eventsOf(server, tenant)).filter(({ action }) => action === 'open')
    expect(opened.map(({ change }) => change)).toEqual([
      `The gate of phase 1 opened at ${opens_at}`,
      `Phase 2 opened at ${opens_at}`,
    ])
    await server.supervise()
    expect((await eventsOf(server, tenant)).filter(({ action }) => action === 'open')).toHaveLength(2)
  })
})

test('the event stream has each change of the state of a rollout', async () => {
  const { api, ids, devices } = await rolloutFleet(server, 4)
  await using events = await listen(api)
  await synced(events)
  const gate = { success_percent: 100, soak_minutes: 60, approval: 'required' }
  const failure_policy = { max_failures: 1 }
  const id = await deploy(api, { devices: ids, ...gated(gate), failure_policy })
  const [first] = await phaseIds(api, id)
  const state = () => [events.state(id)?.rollout.state, events.state(id)?.phases[0].progress.state]
  const comes = (rollout: string, progress: string) =>
    events.until(() => JSON.stringify(state()) === JSON.stringify([rollout, progress]))
  await comes('running', 'collecting')
  await pause(api, id)
  await comes('paused', 'collecting')
  await resume(api, id)
  await comes('running', 'collecting')
  await install(devices.slice(0, 2), id)
  await comes('held', 'soaking')
  server.advance(61 * MINUTE)
  await approve(api, id, first)
  await comes('running', 'open')
  expect(events.state(id)).toEqual(await show(api, id))
  await install(devices.slice(2, 3), id, 'failure')
  await comes('paused', 'open')
  expect(events.state(id).rollout.trip).toMatchObject({ code: 'max_failures', failed: 1 })
  const rollback = await rollbackOf(api, id)
  await comes('stopped', 'open')
  await events.until(() => events.state(rollback))
  expect(events.state(id)).toMatchObject({ rolled_back_by: rollback })
  expect(events.state(rollback)).toMatchObject({ rollback_of: id })
})

describe('a role', () => {
  const roleWith = async ({ api }: { api: Api }, name: string, sets: object[]) => {
    expect(await api.post(ROLES, { name, permission_sets_with_scope: sets })).toMatchObject({ status: 201 })
    return name
  }
  const inNorth = (name: string) => ({ name, scope: { type: 'DeviceGroups', value: ['north'] } })
  const forbidden = { status: 403, body: { error: 'Access denied: your role does not allow this.' } }
  let fleet: Awaited<ReturnType<typeof rolloutFleet>>
  let id: string
  let phase: string | undefined

  beforeAll(async () => {
    fleet = await rolloutFleet(server, 4)
    await fleet.api.patch('/api/management/v1/inventory/groups/north/devices', fleet.ids)
    const body = { name: 'north', artifact_name: 'release-1', ...gated({ approval: 'other_user', verdicts: ['a'] }) }
    const { headers } = await fleet.api.post(`${V1}/group/north`, body)
    id = headers.get('location')?.split('/').at(-1) ?? ''
    ;[phase] = await phaseIds(fleet.api, id)
    await offer(fleet.devices.slice(0, 1), id)
  })

  test('of ApproveDeployments approves, and does nothing else', async () => {
    const { tenant, api } = fleet
    const approver = await signIn(server, tenant, [
      await roleWith(tenant, 'approver', [{ name: 'ApproveDeployments' }]),
    ])
    expect(await approver.post(`${V2}/${id}/pause`)).toMatchObject(forbidden)
    expect(await approver.post(`${V2}/${id}/resume`)).toMatchObject(forbidden)
    expect(await rollBack(approver, id)).toMatchObject(forbidden)
    expect(await open(approver, id, phase, { reason: 'x' })).toMatchObject(forbidden)
    expect(await giveVerdict(approver, id, phase, 'a', { verdict: 'pass' })).toMatchObject(forbidden)
    expect(await giveVerdict(api, id, phase, 'a', { verdict: 'pass' })).toMatchObject(done)
    expect(await approve(approver, id, phase)).toMatchObject(done)
  })

  test('for other groups does not find the deployment', async () => {
    const { tenant } = fleet
    const scope = { type: 'DeviceGroups', value: ['south'] }
    const role = await roleWith(tenant, 'southerner', [{ name: 'DeployToDevices', scope }])
    const user = await signIn(server, tenant, [role])
    const unknown = refused(404, 'deployment_not_found')
    expect(await user.post(`${V2}/${id}/pause`)).toMatchObject(unknown)
    expect(await user.post(`${V2}/${id}/resume`)).toMatchObject(unknown)
    expect(await rollBack(user, id)).toMatchObject(unknown)
    expect(await approve(user, id, phase)).toMatchObject(unknown)
    expect(await open(user, id, phase, { reason: 'x' })).toMatchObject(unknown)
    expect(await giveVerdict(user, id, phase, 'a', { verdict: 'fail' })).toMatchObject(unknown)
  })

  test('for the group of the deployment deploys again to those of its devices only that are still in it', async () => {
    const { tenant, api, ids } = await rolloutFleet(server, 3)
    await api.patch('/api/management/v1/inventory/groups/north/devices', ids)
    const { headers } = await api.post(`${V1}/group/north`, { name: 'north', artifact_name: 'release-1' })
    const deployment_id = headers.get('location')?.split('/').at(-1)
    await api.patch('/api/management/v1/inventory/groups/south/devices', ids.slice(0, 1))
    const user = await signIn(server, tenant, [await roleWith(tenant, 'northerner', [inNorth('DeployToDevices')])])
    const again = await deploy(user, { devices_of: { deployment_id, outcome: 'not_reached' } })
    expect(await show(api, again)).toMatchObject({ groups: ['north'], initial_device_count: 2 })
  })

  test('for the group of the deployment may pause, resume and roll it back, and sees the rollback', async () => {
    const { tenant } = fleet
    const user = await signIn(server, tenant, [await roleWith(tenant, 'northerner', [inNorth('DeployToDevices')])])
    await pause(user, id)
    await resume(user, id)
    const rollback = await rollbackOf(user, id)
    expect((await user.get(V2)).body.map((one: { id: string }) => one.id)).toEqual([rollback, id])
  })

  test('for some releases rolls back to these only', async () => {
    const { tenant, api, ids, devices } = await rolloutFleet(server, 1)
    await api.put(`${V2}/releases/release-1/tags`, ['stable'])
    const scope = { type: 'ReleaseTags', value: ['stable'] }
    const sets = [{ name: 'DeployToDevices' }, { name: 'ReadReleases', scope }]
    const user = await signIn(server, tenant, [await roleWith(tenant, 'stable only', sets)])
    const one = await deploy(api, { devices: ids })
    await offer(devices, one)
    const outOfReach = { status: 403, body: { error: expect.stringContaining('does not allow this release') } }
    expect(await rollBack(user, one)).toMatchObject(outOfReach)
    const policy = { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-0' }
    const body = { name: 'n', artifact_name: 'release-1', devices: ids, failure_policy: policy }
    expect(await user.post(V1, body)).toMatchObject(outOfReach)
    await rollbackOf(user, one, { artifact_name: 'release-1' })
  })
})
