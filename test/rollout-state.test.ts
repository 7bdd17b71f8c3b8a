import { describe, expect, test } from 'vitest'
import { moveGates, type PhaseState } from '../src/deployments/phase-state.ts'
import type { StoredTrip } from '../src/deployments/progress.ts'
import type { Gate } from '../src/deployments/rollout/gate.ts'
import { gateProgress, type RolloutRow, rolloutState } from '../src/deployments/rollout-state.ts'
import { tripText } from '../src/deployments/rollout-texts.ts'
import { countsOf, gateOf, phasesOf, rulesOf } from './support/progress.ts'

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString()
const CREATED = at(0)
const ANN = { id: 'u', email: 'ann@example.com' }
const POLICY = { id: 'failure-policy' }

const rowOf = (changes: Partial<RolloutRow> = {}): RolloutRow => ({
  ...{ created: CREATED, finished: null, was_aborted: false, device_count: 0, counts: countsOf() },
  ...{ paused_at: null, paused_by: null, pause_reason: null, trip: null, policy_base: null, rolled_back_by: null },
  ...{ rollout: null, phases: [], ...changes },
})
const tripOf = (changes: Partial<StoredTrip> = {}): StoredTrip => ({
  ...{ at: at(9), code: 'max_failures', action: 'pause', failed: 2, ended: 3, timed_out: 0, unconfirmed: 0, limit: 2 },
  ...changes,
})
/** Without what every answer has. */
function stateOf(changes: Partial<RolloutRow>, minute = 60) {
  const { in_flight, timed_out, unconfirmed, unconfirmed_in_time, waiting, ...state } = rolloutState(
    rowOf(changes),
    at(minute),
  )
  return state
}

describe('the state of a rollout', () => {
  test('is running since its creation, or since somebody resumed it', () => {
    expect(stateOf({})).toEqual({ state: 'running', since: CREATED })
    const base = { at: at(30), deployment: { ended: 0, failed: 0 }, phases: [] }
    const trip = tripOf({ resumed_at: at(30) })
    expect(stateOf({ policy_base: base, trip })).toEqual({ state: 'running', since: at(30), trip })
  })

  test('has the numbers of devices whose status does not say how they stand', () => {
    const counts = countsOf({
      ...{ pending: 5, installing: 3, success: 9, failure: 1 },
      ...{ timed_out: 2, awaiting_retry: 1, unconfirmed: 4, confirmation_missed: 1 },
    })
    expect(rolloutState(rowOf({ counts, device_count: 18 }), at(60))).toMatchObject({
      ...{ in_flight: 9, timed_out: 2, waiting: 1, unconfirmed: 4, unconfirmed_in_time: 1 },
    })
  })

  test('is paused by a user, with the reason as it was given', () => {
    const paused = { paused_at: at(5), paused_by: ANN }
    expect(stateOf({ ...paused, pause_reason: 'the depot has no power.' })).toEqual({
      ...{ state: 'paused', since: at(5), by: ANN },
      reason: { code: 'paused_by_user', message: 'Paused by ann@example.com: the depot has no power.' },
    })
    expect(stateOf(paused).reason?.message).toBe('Paused by ann@example.com.')
    expect(stateOf({ ...paused, paused_by: { id: 'u' } }).reason?.message).toBe('Paused by a user.')
  })

  test('is paused by the failure policy, with the numbers of that moment', () => {
    const phases = phasesOf({ id: 'canaries' }, { id: 'rest' })
    const trip = tripOf({ phase_index: 1, timed_out: 1 })
    expect(stateOf({ paused_at: at(9), paused_by: POLICY, trip, phases })).toEqual({
      ...{ state: 'paused', since: at(9), by: POLICY },
      reason: {
        ...{ code: 'max_failures', phase_id: 'rest', limit: 2 },
        message:
          '2 of 3 devices failed in phase 2 (67 %), of these 1 did not end in time: paused by the failure policy (limit 2 devices).',
        ...{ succeeded: 1, failed: 2, ended: 3, timed_out: 1, unconfirmed: 0 },
      },
      trip: {
        ...{ at: at(9), code: 'max_failures', action: 'pause', failed: 2, ended: 3, timed_out: 1, unconfirmed: 0 },
        ...{ limit: 2, phase_id: 'rest', phase: 2 },
      },
    })
  })

  test('is paused for the user again who pauses it after the trip was resumed', () => {
    const trip = tripOf({ resumed_at: at(20) })
    expect(stateOf({ paused_at: at(30), paused_by: ANN, trip }).reason?.code).toBe('paused_by_user')
  })

  test('names the trip while both have paused it', () => {
    expect(stateOf({ paused_at: at(5), paused_by: ANN, trip: tripOf() })).toMatchObject({
      ...{ since: at(5), by: ANN, reason: { code: 'max_failures' } },
    })
  })

  test.each<[string, Partial<RolloutRow>, string, string]>([
    ['finished', {}, 'finished', 'The deployment is finished.'],
    ['aborted', { was_aborted: true }, 'aborted', 'The deployment was aborted.'],
    [
      'aborted and rolled back',
      { was_aborted: true, rolled_back_by: 'r' },
      ...(['rolled_back', 'The deployment was aborted, and was rolled back.'] as const),
    ],
    [
      'finished and rolled back later',
      { rolled_back_by: 'r' },
      ...(['rolled_back', 'The deployment finished, and was rolled back.'] as const),
    ],
    ['finished after a trip', { trip: tripOf({ resumed_at: at(20) }) }, 'finished', 'The deployment is finished.'],
    [
      'aborted by the failure policy',
      { was_aborted: true, trip: tripOf({ action: 'abort' }) },
      ...(['max_failures', '2 of 3 devices failed (67 %): aborted by the failure policy (limit 2 devices).'] as const),
    ],
    [
      'rolled back by the failure policy',
      { was_aborted: true, rolled_back_by: 'r', trip: tripOf({ action: 'rollback' }) },
      'max_failures',
      '2 of 3 devices failed (67 %): aborted and rolled back by the failure policy (limit 2 devices).',
    ],
  ])('is stopped if it is %s', (_, changes, code, message) => {
    const state = stateOf({ finished: at(40), paused_at: at(5), paused_by: ANN, ...changes })
    expect(state).toMatchObject({ state: 'stopped', since: at(40), reason: { code, message } })
    expect(state.by).toEqual(changes.trip && changes.trip.action !== 'pause' ? POLICY : undefined)
  })
})

/** The first of two phases takes four devices. */
function gated(gate: Partial<Gate>, counts: Parameters<typeof countsOf>[0] = {}, changes: Partial<PhaseState> = {}) {
  const phases = phasesOf(
    ...[{ capacity: 4, device_count: 4, gate: gateOf(gate), counts: countsOf(counts), opened_at: CREATED, ...changes }],
    ...[{ capacity: 6, counts: countsOf() }],
  )
  moveGates(phases, CREATED)
  return { phases, rollout: rulesOf({ has_gates: true }) }
}
const heldText = (...given: Parameters<typeof gated>) => stateOf(gated(...given)).reason?.message

describe('a rollout is held', () => {
  test('by a gate once the open phases are full, and says what is missing', () => {
    const { phases, rollout } = gated(
      { success_percent: 75, soak_minutes: 120 },
      { success: 2, failure: 1, pending: 1 },
    )
    expect(stateOf({ phases, rollout })).toEqual({
      ...{ state: 'held', since: CREATED },
      reason: {
        ...{ code: 'gate', phase_id: 'phase-1', succeeded: 2, failed: 1, timed_out: 0, unconfirmed: 0 },
        message:
          'Phase 2 opens when 3 of 4 devices have succeeded: 2 have, 1 failed, 1 is in flight; then it soaks for 2 h.',
      },
    })
    phases[0]!.device_count = 3
    expect(stateOf({ phases, rollout }).state).toBe('running')
  })

  test.each<[Partial<Gate>, Parameters<typeof countsOf>[0], string]>([
    [
      { success_percent: 95, soak_minutes: 1440, approval: 'required' },
      { success: 1, installing: 3 },
      'Phase 2 opens when 4 of 4 devices have succeeded: 1 has, 0 failed, 3 are in flight; then it soaks for 1 d and a user must approve it.',
    ],
    [
      { success_percent: 50, soak_minutes: 90, verdicts: ['grafana', 'lab'], approval: 'other_user' },
      { installing: 4 },
      'Phase 2 opens when 2 of 4 devices have succeeded: 0 have, 0 failed, 4 are in flight; then it soaks for 90 min, grafana and lab must report that it passes, and another user than the one who created the deployment must approve it.',
    ],
    [
      { success_percent: 90, of: 'ended', min_ended: 3 },
      { success: 1, installing: 3 },
      'Phase 2 opens when 90 % of at least 3 ended devices have succeeded: 1 has, 0 failed, 3 are in flight (100 %).',
    ],
    [
      { success_percent: 90, soak_minutes: 60, approval: 'required' },
      { noartifact: 4 },
      'Phase 2 opens when somebody opens it by hand, since no device of the phase can succeed any more.',
    ],
    [
      { success_percent: 50, soak_minutes: 120 },
      { success: 2, failure: 2 },
      `Phase 1 soaks until ${at(120)}, as long as at least 50 % of its devices have succeeded; then phase 2 opens.`,
    ],
    [
      { success_percent: 50, of: 'ended', min_ended: 1, soak_minutes: 120, approval: 'required' },
      { success: 2 },
      `Phase 1 soaks until ${at(120)}, as long as at least 50 % of its ended devices have succeeded; then phase 2 opens once a user has approved it.`,
    ],
    [
      { soak_minutes: 120, verdicts: ['grafana'], approval: 'required' },
      { failure: 4 },
      `Phase 1 soaks until ${at(120)}; then phase 2 opens once grafana has reported that it passes and a user has approved it.`,
    ],
    [{ verdicts: ['grafana'] }, { installing: 4 }, 'Phase 2 opens when grafana reports that phase 1 passes.'],
    [
      { verdicts: ['grafana', 'lab'], approval: 'required' },
      { installing: 4 },
      'Phase 2 opens when grafana and lab report that phase 1 passes, and a user approves it.',
    ],
    [{ approval: 'required' }, { installing: 4 }, 'Phase 2 opens when a user approves phase 1.'],
    [
      { approval: 'other_user' },
      { installing: 4 },
      'Phase 2 opens when another user than the one who created the deployment approves phase 1.',
    ],
  ])('by the gate %j at %j: %s', (gate, counts, message) => {
    expect(heldText(gate, counts)).toBe(message)
  })

  test('with a code for what it waits for', () => {
    const code = (gate: Partial<Gate>) => stateOf(gated(gate, { success: 2, failure: 2 })).reason?.code
    expect(code({ success_percent: 75 })).toBe('gate')
    expect(code({ success_percent: 50, soak_minutes: 120 })).toBe('soak')
    expect(code({ verdicts: ['grafana'] })).toBe('verdict')
    expect(code({ approval: 'required' })).toBe('approval')
  })

  test('not if the gate has opened by time, although nobody has looked since', () => {
    const gate = { success_percent: 50, soak_minutes: 120 }
    expect(stateOf(gated(gate, { success: 2 }), 119).state).toBe('held')
    expect(stateOf(gated(gate, { success: 2 }), 120)).toEqual({ state: 'running', since: CREATED })
  })

  test('not by the start of a phase, as without gates', () => {
    const phases = phasesOf(
      { start_ts: at(90), capacity: 4, gate: gateOf({ success_percent: 50 }), counts: countsOf() },
      { capacity: 6, counts: countsOf() },
    )
    expect(stateOf({ phases, rollout: rulesOf({ has_gates: true }) }).state).toBe('running')
  })

  test('not while it is paused: the pause comes first', () => {
    const paused = { paused_at: at(5), paused_by: ANN }
    expect(stateOf({ ...gated({ approval: 'required' }), ...paused }).state).toBe('paused')
  })

  test('by its windows, if all devices have the same time zone', () => {
    const windows = [{ from: '03:00', to: '04:00' }]
    expect(stateOf({ rollout: rulesOf({ windows }) })).toEqual({
      ...{ state: 'held', since: CREATED },
      reason: {
        code: 'window',
        message: `The update is outside of its windows. Devices may be offered it from ${at(180)}.`,
      },
    })
    expect(stateOf({ rollout: rulesOf({ windows, time_zone: 'Europe/Berlin' }) }).reason?.message).toContain(at(120))
    expect(stateOf({ rollout: rulesOf({ windows }) }, 180).state).toBe('running')
    const time_zone = { attribute: 'timezone', scope: 'inventory', fallback: 'UTC' }
    expect(stateOf({ rollout: rulesOf({ windows, time_zone }) }).state).toBe('running')
  })
})

describe('a trip in words', () => {
  test.each<[Partial<StoredTrip>, number, string]>([
    [{}, 0, '2 of 3 devices failed (67 %): paused by the failure policy (limit 2 devices).'],
    [{ phase_index: 0 }, 1, '2 of 3 devices failed (67 %): paused by the failure policy (limit 2 devices).'],
    [
      { failed: 1, ended: 1, limit: 1, phase_index: 0 },
      2,
      '1 of 1 device failed in phase 1 (100 %): paused by the failure policy (limit 1 device).',
    ],
    [
      {
        code: 'max_failure_percent',
        failed: 33,
        ended: 1097,
        limit: 3,
        timed_out: 30,
        unconfirmed: 2,
        action: 'abort',
      },
      0,
      '33 of 1,097 devices failed (3 %), of these 30 did not end in time and 2 were not confirmed in time: aborted by the failure policy (limit 3 %).',
    ],
    [{ code: 'verdict_failed', program: 'grafana', phase_index: 0 }, 2, 'The verdict of grafana is fail: paused.'],
  ])('%j with %i phases: %s', (changes, phases, text) => {
    expect(tripText(tripOf(changes), phases)).toBe(text)
  })
})

describe('the progress of a gate', () => {
  const NOBODY = { approved_by: null, approval_comment: null, gate_opened_by: null, gate_open_reason: null }
  const progressOf = (changes: Partial<PhaseState>, counts: Parameters<typeof countsOf>[0], minute = 60) => {
    const { phases } = gated({ success_percent: 50, soak_minutes: 120 }, counts, changes)
    return gateProgress(
      phases.map((phase) => ({ ...phase, ...NOBODY })),
      0,
      at(minute),
    )
  }

  test('has the numbers, and when it opens if nothing changes', () => {
    expect(
      progressOf({ capacity: 7, device_count: 6 }, { success: 2, failure: 1, noartifact: 1, installing: 2 }),
    ).toEqual({
      ...{ state: 'collecting', success_percent: 33.33, succeeded: 2, failed: 1, base: 6, in_flight: 2, verdicts: {} },
    })
    expect(progressOf({}, { success: 2, timed_out: 1, pending: 2 })).toEqual({
      ...{ state: 'soaking', success_percent: 50, succeeded: 2, failed: 1, base: 4, in_flight: 1, verdicts: {} },
      ...{ opens_at: at(120), soaks_until: at(120) },
    })
  })

  test('shows when the soak ends, also if a user must approve afterwards or nobody has looked since', () => {
    const phases = phasesOf({
      start_ts: at(30),
      gate: gateOf({ soak_minutes: 60, approval: 'required' }),
      counts: countsOf(),
    })
    const shown = gateProgress(
      phases.map((phase) => ({ ...phase, ...NOBODY })),
      0,
      at(60),
    )
    expect(shown).toMatchObject({ state: 'soaking', soaks_until: at(90) })
    expect(shown).not.toHaveProperty('opens_at')
  })

  test('shows when it opened, also if nobody has looked since', () => {
    expect(progressOf({}, { success: 2 }, 200)).toMatchObject({ state: 'open', opened_at: at(120) })
  })

  test('never shows a share as reached that is not', () => {
    const shown = (capacity: number, success: number) => progressOf({ capacity }, { success })?.success_percent
    expect([shown(200_000, 99_999), shown(10_000, 57), shown(3, 1)]).toEqual([49.99, 0.57, 33.33])
  })

  test('is closed until its phase opens, and absent without a gate', () => {
    const { phases } = gated({ success_percent: 50 }, {}, { start_ts: at(500), opened_at: null })
    const shown = phases.map((phase) => ({ ...phase, ...NOBODY }))
    expect([gateProgress(shown, 0, at(60))?.state, gateProgress(shown, 1, at(60))]).toEqual(['closed', undefined])
  })

  test('shows who opened it', () => {
    const { phases } = gated({ approval: 'required' }, {}, { approved_at: at(30), gate_opened_at: at(30) })
    const decided = { ...NOBODY, approved_by: ANN, approval_comment: 'looks good' }
    const by_hand = { ...NOBODY, gate_opened_by: ANN, gate_open_reason: 'the lab is on holiday' }
    const shown = (columns: typeof NOBODY | typeof decided) =>
      gateProgress(
        phases.map((phase) => ({ ...phase, ...columns })),
        0,
        at(60),
      )
    expect(shown(decided)).toMatchObject({ opened_at: at(30), approved_by: ANN, comment: 'looks good' })
    expect(shown(by_hand as never)).toMatchObject({ opened_by: ANN, reason: 'the lab is on holiday' })
  })
})
