import { describe, expect, test } from 'vitest'
import type { Artifact } from '../src/artifacts/artifact.ts'
import type { AttemptSoFar } from '../src/deployments/attempt-text.ts'
import { decideClaim, type Eligibility } from '../src/deployments/claim-decision.ts'
import type { OfferState } from '../src/deployments/explanation-rules.ts'
import type { Progress, StoredTrip } from '../src/deployments/progress.ts'
import { closedNow } from '../src/deployments/remaining-capacity.ts'
import { explainWait, standingTexts } from '../src/deployments/rollout-waits.ts'
import { filterable } from './support/filterable.ts'
import { countsOf, gateOf, phasesOf, progressOf, rulesOf } from './support/progress.ts'

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString()
const NOW = at(60)
const NEVER_MET = { success_percent: 50 }

const device = filterable({ timezone: 'America/New_York' })

/** What keeps the device from its first offer. `fixed`: the phase that it is in because it is named or has a rank. */
function waits(changes: Partial<Progress>, fixed: number | null = null, now = NOW) {
  const progress = progressOf(changes)
  const decision = decideClaim(
    {
      ...{ device: 'd', eligibility: ELIGIBLE, progress, fixed_phase: fixed, is_static: false },
      closed: closedNow({ limits: null, rules: progress.rollout }, device, Date.parse(now)),
      assign: () => ({ status: 'pending', artifact: {} as Artifact }),
    },
    now,
  )
  const state = { progress, now, fixed_phase: fixed } as OfferState
  return decision.kind === 'no_capacity' ? explainWait(device, decision, state) : undefined
}

const ELIGIBLE: Eligibility = { is_eligible: true, former: null, has_unwritten_abort: false, pinned_until: null }

describe('a device that gets no first offer', () => {
  test('waits for nothing of the rollout if it has no rules', () => {
    expect(waits({})).toBeUndefined()
    expect(waits({ phases: phasesOf({ capacity: 1 }) })).toBeUndefined()
  })

  test('is one too many for the deployment', () => {
    expect(waits({ max_devices: 3, device_count: 3 })).toEqual({
      ...{ code: 'limit_reached', message: 'The deployment has reached its device limit.' },
    })
  })

  test('waits until somebody resumes the deployment', () => {
    const paused = { paused_at: at(5), paused_by: { id: 'u', email: 'ann@example.com' } }
    const message = (changes: Partial<Progress>) => waits({ ...paused, ...changes })?.message
    expect(waits({ ...paused, pause_reason: 'holidays.' })).toEqual({
      code: 'paused',
      message: `The deployment was paused by ann@example.com at ${at(5)}: holidays.`,
    })
    expect(message({})).toBe(`The deployment was paused by ann@example.com at ${at(5)}.`)
    expect(message({ paused_by: null })).toBe(`The deployment was paused by a user at ${at(5)}.`)
    const trip: StoredTrip = {
      ...{ at: at(5), code: 'max_failures', action: 'pause', failed: 5, ended: 9, limit: 5 },
      ...{ timed_out: 0, unconfirmed: 0 },
    }
    expect(message({ trip })).toBe(
      `The deployment has been paused since ${at(5)}: 5 of 9 devices failed (56 %): paused by the failure policy (limit 5 devices).`,
    )
    expect(message({ trip: { ...trip, resumed_at: at(6) } })).toContain('was paused by ann@example.com')
  })

  test('waits for the pause to end before anything else', () => {
    const phases = phasesOf({ capacity: 1, device_count: 1 }, { start_ts: at(90) })
    expect(waits({ paused_at: at(5), phases })?.code).toBe('paused')
  })

  test('waits for the next phase', () => {
    const full = { capacity: 1, device_count: 1 }
    const [second, third] = [
      { start_ts: at(90), id: 'second' },
      { start_ts: at(120), id: 'third' },
    ]
    expect(waits({ phases: phasesOf(full, second, third) })).toEqual({
      ...{ code: 'waits_for_phase', phase: { ...second, number: 2 }, until: at(90) },
      message: `Every open phase is full; phase 2 opens at ${at(90)}.`,
    })
    expect(waits({ phases: phasesOf(second, third) })?.message).toBe(`Phase 1 opens at ${at(90)}.`)
    // The last one takes all others.
    expect(waits({ phases: phasesOf(full) })).toBeUndefined()
  })

  test('waits for its own phase if it is named or has a rank, whatever others have room', () => {
    const phases = phasesOf({}, { is_fixed: true, start_ts: at(90), id: 'lab' }, { is_fixed: true, start_ts: at(120) })
    expect(waits({ phases }, 1)).toEqual({
      ...{ code: 'waits_for_phase', phase: { id: 'lab', number: 2, start_ts: at(90) }, until: at(90) },
      message: `The device is in phase 2, which opens at ${at(90)}.`,
    })
    expect(waits({ phases })).toBeUndefined()
  })

  test('waits for the first gate that is not open, with its numbers', () => {
    const phases = phasesOf(
      { capacity: 4, device_count: 4, gate: gateOf(NEVER_MET), counts: countsOf({ success: 1, installing: 3 }) },
      { capacity: 4, gate: gateOf(NEVER_MET), counts: countsOf() },
      { id: 'rest' },
    )
    const progress = { phases, rollout: rulesOf({ has_gates: true }) }
    const message = 'Phase 2 opens when 2 of 4 devices have succeeded: 1 has, 0 failed, 3 are in flight.'
    expect(waits(progress)).toMatchObject({
      ...{ code: 'waits_for_gate', message: `The device waits for phase 2. ${message}`, phase: { id: 'phase-2' } },
      gate: { state: 'collecting', succeeded: 1, base: 4, in_flight: 3 },
    })
    expect(waits(progress)).not.toHaveProperty('until')
    expect(waits(progress, 2)).toMatchObject({
      ...{ message: `The device waits for phase 3. ${message}`, phase: { id: 'rest' } },
    })
  })

  test('waits for the end of a soak, and for the start after it', () => {
    const soaking = {
      ...{ capacity: 4, device_count: 4, gate: gateOf({ ...NEVER_MET, soak_minutes: 60 }) },
      ...{ counts: countsOf({ success: 4 }), opened_at: at(0), held_since: at(20) },
    }
    const until = (start_ts: string | null) => waits({ phases: phasesOf(soaking, { start_ts }) })
    expect(until(null)).toMatchObject({
      ...{ code: 'waits_for_gate', until: at(80), gate: { state: 'soaking', opens_at: at(80) } },
      message: `The device waits for phase 2. Phase 1 soaks until ${at(80)}, as long as at least 50 % of its devices have succeeded; then phase 2 opens.`,
    })
    expect(until(at(100))).toMatchObject({ code: 'waits_for_gate', until: at(100) })
    expect(waits({ phases: phasesOf(soaking, { start_ts: at(100) }) }, null, at(85))).toMatchObject({
      ...{ code: 'waits_for_phase', until: at(100) },
    })
    expect(waits({ phases: phasesOf(soaking, {}) }, null, at(80))).toBeUndefined()
  })

  test('waits for a gate whose phase has not started', () => {
    const phases = phasesOf(
      { start_ts: at(90), gate: gateOf({ soak_minutes: 10 }), counts: countsOf(), is_fixed: true },
      {},
    )
    expect(waits({ phases })).toMatchObject({
      message: `The device waits for phase 2. Phase 2 opens after phase 1, which opens at ${at(90)}.`,
      ...{ gate: { state: 'closed' }, until: at(100) },
    })
    const behind = phasesOf(
      { gate: gateOf({ approval: 'required' }), counts: countsOf(), opened_at: at(0), gate_opened_at: null },
      { gate: gateOf(NEVER_MET), counts: countsOf(), gate_opened_at: null },
      { is_fixed: true },
    )
    expect(waits({ phases: behind }, 2)?.message).toBe(
      'The device waits for phase 3. Phase 2 opens when a user approves phase 1.',
    )
  })

  test('waits for its window, in its own time zone', () => {
    const windows = [{ from: '03:00', to: '04:00' }]
    const time_zone = { attribute: 'timezone', scope: 'inventory', fallback: 'UTC' }
    expect(waits({ rollout: rulesOf({ windows, time_zone }) })).toEqual({
      ...{ code: 'waits_for_window', until: at(8 * 60) },
      message: `The device is outside of its window (time zone America/New_York): it opens at ${at(8 * 60)}.`,
    })
    expect(waits({ rollout: rulesOf({ windows, time_zone }) }, null, at(8 * 60))).toBeUndefined()
  })

  test('waits for a place', () => {
    const message = (changes: Partial<Progress>) =>
      waits({ rollout: rulesOf({ in_flight_limit: 2 }), ...changes })?.message
    expect(waits({ rollout: rulesOf({ in_flight_limit: 1 }), device_count: 1, pending: 1 })).toEqual({
      code: 'waits_for_slot',
      message: 'At most 1 device may work on the deployment at the same time; 1 does.',
    })
    expect(message({ device_count: 2, pending: 2 })).toBe(
      'At most 2 devices may work on the deployment at the same time; 2 do.',
    )
    expect(message({ device_count: 2, pending: 2, awaiting_retry: 1 })).toBe(
      'At most 2 devices may work on the deployment at the same time; 1 does, and 1 waits for another attempt.',
    )
    expect(message({ device_count: 2, pending: 2, awaiting_retry: 2 })).toBe(
      'At most 2 devices may work on the deployment at the same time; 0 do, and 2 wait for another attempt.',
    )
    expect(message({ device_count: 2, pending: 2, timed_out: 1 })).toBeUndefined()
  })

  test('waits for the rate', () => {
    const recent_offers = [[Date.parse(at(60)), 3]] as const
    expect(waits({ rollout: rulesOf({ offers_per_minute: 3 }), recent_offers })).toEqual({
      ...{ code: 'waits_for_rate', until: at(61) },
      message: `The deployment makes at most 3 offers a minute; the next one is possible at ${at(61)}.`,
    })
  })
})

describe('the text for an assigned device', () => {
  const attempt: AttemptSoFar = {
    ...{ status: 'pending', substate: null, attempts: 2, attempt_begun: true, phase_index: null },
    ...{ concluded_by_server: false, timed_out: null, confirmation: null, deadline: null },
  }
  const texts = (changes: Partial<AttemptSoFar>, progress: Partial<Progress> = {}) =>
    standingTexts({ ...attempt, ...changes }, progressOf(progress), NOW, undefined)

  test('says nothing more of one that works on the deployment or has ended', () => {
    for (const status of ['pending', 'installing', 'success', 'failure', 'aborted'] as const)
      expect(texts({ status })).toEqual([])
  })

  test.each<[Partial<AttemptSoFar>, Partial<Progress>, string]>([
    [{ timed_out: at(30) }, {}, `not ended in time: counts as failed since ${at(30)}, until it reports a result`],
    [{ attempt_begun: false }, {}, 'waits for its next attempt'],
    [{ attempt_begun: false }, { paused_at: at(5) }, 'waits for its next attempt; the deployment is paused'],
    [
      { attempt_begun: false },
      { rollout: rulesOf({ in_flight_limit: 1 }), device_count: 2, pending: 2, awaiting_retry: 1 },
      'waits for its next attempt: at most 1 device may work on the deployment at the same time; 1 does',
    ],
    [
      { status: 'success', confirmation: 'awaited', deadline: at(90) },
      {},
      `to be confirmed by ${at(90)}, by a poll that shows the release`,
    ],
    [{ status: 'success', confirmation: 'missed' }, {}, 'not confirmed in time: counts as failed'],
  ])('%j with %j: %s', (changes, progress, text) => {
    expect(texts(changes, progress)).toEqual([text])
  })
})
