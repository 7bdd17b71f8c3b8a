import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REPORTED_STATUSES, type ReportedStatus } from '../src/deployments/device-status.ts'
import {
  type Attempt,
  applyReport,
  begin,
  confirm,
  expire,
  startOver,
  withAbort,
} from '../src/deployments/lifecycle.ts'
import { openPhase } from '../src/deployments/phase-state.ts'
import { inFlight, type Progress } from '../src/deployments/progress.ts'
import type { FailurePolicy } from '../src/deployments/rollout/failure-policy.ts'
import { failedSince, STANDINGS, standingOf } from '../src/deployments/standing.ts'
import { ModelRollout, recount, steps, take } from './support/model-rollout.ts'
import { gateOf, rulesOf } from './support/progress.ts'

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString()
const TIMEOUT = 30
const CONFIRM = 60

/** A device that was offered the update at minute 0. */
const offered: Attempt = {
  ...{ status: 'pending', substate: null, attempts: 1, attempt_begun: true, attempt_since: at(0), started: null },
  ...{ finished: null, concluded_by_server: false, timed_out: null, confirmation: null, deadline: at(TIMEOUT) },
  ...{ download_key: null, download_seen: null },
}
const rulesAt = (minute: number, changes: { retries?: number; may_begin?: boolean } = {}) => ({
  ...{ timeout_minutes: TIMEOUT, confirm_within_minutes: CONFIRM, retries: 0, may_begin: true, now: at(minute) },
  ...changes,
})
const report = (row: Attempt, status: ReportedStatus, ...rules: Parameters<typeof rulesAt>) =>
  applyReport(row, { status }, rulesAt(...rules))
const expireAt = (row: Attempt, minute: number, heard_from: string | null = null) =>
  expire(row, { now: at(minute), timeout_minutes: TIMEOUT, heard_from })
const standing = (row: Attempt) => [standingOf(row), row.deadline]

const timedOut = expireAt(offered, TIMEOUT)
const waiting = report(offered, 'failure', 5, { retries: 1 })
const unconfirmed = report(offered, 'success', 5)
const missed = expireAt(unconfirmed, 5 + CONFIRM)

describe('a device that has not ended in time', () => {
  test('counts as failed from then on, and not before', () => {
    expect(expireAt(offered, TIMEOUT - 1)).toBe(offered)
    expect(timedOut).toMatchObject({ status: 'pending', timed_out: at(TIMEOUT), deadline: null, finished: null })
    expect([standingOf(timedOut), failedSince(timedOut)]).toEqual(['timed_out', at(TIMEOUT)])
    expect(expireAt(timedOut, 1000)).toBe(timedOut)
  })

  test('stays so while it only goes on', () => {
    expect(standing(report(timedOut, 'installing', 40))).toEqual(['timed_out', null])
  })

  test.each(['success', 'failure', 'already-installed'] as const)('counts as %s once it reports that', (status) => {
    const ended = report(timedOut, status, 40)
    expect(ended).toMatchObject({ status, finished: at(40) })
    expect(failedSince(ended)).toBe(status === 'failure' ? at(TIMEOUT) : undefined)
    expect(standing(ended)).toEqual(status === 'success' ? ['unconfirmed', at(40 + CONFIRM)] : [undefined, null])
  })

  test('has failed since then also if it starts over in its last attempt, and no longer if it then succeeds', () => {
    const concluded = startOver(timedOut, rulesAt(40))
    expect([concluded.status, failedSince(concluded)]).toEqual(['failure', at(TIMEOUT)])
    expect(report(concluded, 'success', 41)).toMatchObject({ status: 'success', timed_out: null, finished: at(41) })
  })

  test('begins another attempt with its whole time', () => {
    const next = begin(startOver(timedOut, rulesAt(40, { retries: 1 })), rulesAt(45))
    expect(next).toMatchObject({ status: 'pending', attempts: 2, timed_out: null, attempt_since: at(45) })
    expect(standing(next)).toEqual([undefined, at(45 + TIMEOUT)])
  })

  test('has no limit if the policy sets none', () => {
    const rules = { ...rulesAt(10, { retries: 1 }), timeout_minutes: undefined }
    expect(begin(applyReport(offered, { status: 'failure' }, rules), rules).deadline).toBeNull()
  })
})

describe('a device that waits for another attempt', () => {
  test('has failed and not ended, and begins when it is offered the update', () => {
    expect(waiting).toMatchObject({ status: 'pending', attempts: 2, attempt_begun: false })
    expect(standing(waiting)).toEqual(['awaiting_retry', at(5 + TIMEOUT)])
    expect(failedSince(waiting)).toBeUndefined()
    expect(standing(begin(waiting, rulesAt(20)))).toEqual([undefined, at(20 + TIMEOUT)])
  })

  test('does not begin by a late report of the attempt before, where an offer would not be made', () => {
    const held = { retries: 1, may_begin: false }
    for (const status of ['downloading', 'installing', 'rebooting', 'failure'] as const)
      expect(report(waiting, status, 6, held)).toBe(waiting)
    expect(report(waiting, 'installing', 6, { retries: 1 })).toMatchObject({
      attempt_begun: true,
      attempt_since: at(6),
    })
    expect(report(waiting, 'success', 6, held)).toMatchObject({ status: 'success', finished: at(6) })
  })

  test('is not silent as long as it polls', () => {
    const moved = expireAt(waiting, 5 + TIMEOUT, at(34))
    expect(standing(moved)).toEqual(['awaiting_retry', at(34 + TIMEOUT)])
    expect(standingOf(expireAt(moved, 34 + TIMEOUT, at(34)))).toBe('timed_out')
    expect(standingOf(expireAt(waiting, 5 + TIMEOUT, at(5)))).toBe('timed_out')
    expect(standingOf(expireAt(offered, TIMEOUT, at(29)))).toBe('timed_out')
  })
})

describe('a success that is to be confirmed', () => {
  test('is so until the device polls running the release', () => {
    expect(standing(unconfirmed)).toEqual(['unconfirmed', at(5 + CONFIRM)])
    expect(failedSince(unconfirmed)).toBeUndefined()
    const confirmed = confirm(unconfirmed)
    expect(confirmed).toMatchObject({ status: 'success', finished: at(5), confirmation: 'confirmed' })
    expect(standing(confirmed)).toEqual([undefined, null])
    expect(confirm(confirmed)).toBe(confirmed)
  })

  test('counts as failed once its time is over, until the device is heard from after all', () => {
    expect(expireAt(unconfirmed, 4 + CONFIRM)).toBe(unconfirmed)
    expect(standing(missed)).toEqual(['confirmation_missed', null])
    expect([missed.finished, failedSince(missed)]).toEqual([at(5), at(5 + CONFIRM)])
    expect(standing(confirm(missed))).toEqual([undefined, null])
    expect(failedSince(confirm(missed))).toBeUndefined()
  })

  test('is not prolonged by reporting it again', () => {
    for (const row of [unconfirmed, missed, confirm(unconfirmed)]) expect(report(row, 'success', 30)).toBe(row)
  })

  test('is also the one that replaces a failure which the server concluded', () => {
    const concluded = startOver(report(offered, 'installing', 1), rulesAt(20))
    expect(concluded).toMatchObject({ status: 'failure', concluded_by_server: true, deadline: null })
    expect(standing(report(concluded, 'success', 21))).toEqual(['unconfirmed', at(21 + CONFIRM)])
  })

  test('is not asked for if the release was installed already, nor of a failure', () => {
    expect(standing(report(offered, 'already-installed', 5))).toEqual([undefined, null])
    const failed = report(offered, 'failure', 5)
    expect([standingOf(failed), failedSince(failed), confirm(failed)]).toEqual([undefined, at(5), failed])
  })

  test('stays so when the deployment is aborted, unlike what has not ended', () => {
    const aborted = { was_aborted: true, finished: at(50) }
    expect(standingOf(withAbort(unconfirmed, aborted))).toBe('unconfirmed')
    for (const row of [timedOut, waiting, offered]) {
      const ended = withAbort(row, aborted)
      expect([ended.status, standingOf(ended), failedSince(ended)]).toEqual(['aborted', undefined, undefined])
    }
  })
})

test('whatever happens to a device, a deadline is set exactly while a time is running', () => {
  const happenings = fc.array(
    fc.tuple(fc.nat(40), fc.constantFrom('report', 'expire', 'confirm', 'begin', 'start over'), fc.nat(8)),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(happenings, fc.nat(2), (list, retries) => {
      let row = offered
      let minute = 0
      for (const [minutes, what, status] of list) {
        minute += minutes
        const rules = rulesAt(minute, { retries })
        if (what === 'report') row = applyReport(row, { status: REPORTED_STATUSES[status]! }, rules)
        if (what === 'expire') row = expireAt(row, minute)
        if (what === 'confirm') row = confirm(row)
        if (what === 'begin' && row.finished === null) row = begin(row, rules)
        if (what === 'start over' && row.finished === null && row.started !== null) row = startOver(row, rules)
        const is_running = row.finished === null ? row.timed_out === null : row.confirmation === 'awaited'
        expect(row.deadline !== null).toBe(is_running)
        if (['timed_out', 'confirmation_missed'].includes(standingOf(row) ?? '')) expect(row.timed_out).not.toBeNull()
        if (row.timed_out !== null) expect(failedSince(row)).toBe(row.timed_out)
      }
    }),
  )
})

const policyOf = (changes: Partial<FailurePolicy>): FailurePolicy => ({
  ...{ scope: 'phase', action: 'pause', timeout_minutes: 10, max_failures: 3, ...changes },
})
const rollouts = fc
  .record({
    policy: fc.constantFrom(undefined, policyOf({}), policyOf({ action: 'abort' }), policyOf({ scope: 'deployment' })),
    confirm_within_minutes: fc.constantFrom(undefined, 10),
    in_flight_limit: fc.constantFrom(undefined, 1, 3),
    has_phases: fc.boolean(),
    ...{ retries: fc.nat(2), max_devices: fc.constantFrom(null, 6) },
  })
  .map(({ policy, confirm_within_minutes, in_flight_limit, has_phases, ...plan }) => {
    const given = { failure_policy: policy, confirm_within_minutes, in_flight_limit }
    const rules = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const gate = gateOf({ success_percent: 50, soak_minutes: 3 })
    const phases = has_phases ? [{ capacity: 2, gate }, { capacity: 3, start_ts: at(4) }, { start_ts: at(9) }] : []
    return () => new ModelRollout({ rules: rulesOf({ ...rules, has_gates: has_phases }), phases, ...plan })
  })

/** Devices that have an offer and have not ended, or are to be confirmed. */
function working({ rows, row }: ModelRollout): number {
  const found = [...rows.keys()].map((device) => row(device)!)
  return found.filter(
    ({ finished, attempt_begun, timed_out, confirmation }) =>
      confirmation === 'awaited' || (finished === null && attempt_begun && timed_out === null),
  ).length
}

const countersOf = (progress: Progress) => STANDINGS.map((one) => progress[one])

describe('the counters of a rollout', () => {
  test('equal a recount of its devices after anything that happens, in all and in each phase', () => {
    fc.assert(
      fc.property(rollouts, steps(), (open, list) => {
        const rollout = open()
        for (const step of list) {
          take(rollout, step)
          const { progress } = rollout
          expect(progress).toMatchObject(recount(rollout))
          for (const [i, { counts, device_count }] of progress.phases.entries()) {
            expect(counts).toEqual(recount(rollout, i))
            expect(device_count).toBe([...rollout.rows.values()].filter((row) => row.phase_index === i).length)
          }
          expect(Math.min(...countersOf(progress))).toBeGreaterThanOrEqual(0)
          expect(inFlight(progress)).toBe(working(rollout))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('never have more devices in flight than the limit when an offer is made', () => {
    fc.assert(
      fc.property(rollouts, steps(), (open, list) => {
        const rollout = open()
        const { rollout: rules } = rollout.progress
        for (const step of list) {
          const offers = rollout.offers.length
          take(rollout, step)
          if (rollout.offers.length > offers)
            expect(inFlight(rollout.progress)).toBeLessThanOrEqual(rules?.in_flight_limit ?? Number.POSITIVE_INFINITY)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('leave no place unused that a device could take', () => {
    fc.assert(
      fc.property(rollouts, steps(), (open, list) => {
        const rollout = open()
        for (const step of list) take(rollout, step)
        rollout.supervise()
        const { progress } = rollout
        const { rollout: rules, phases, paused_at, finished, max_devices, device_count } = progress
        const taken = inFlight(progress) + progress.awaiting_retry
        const has_place = taken < (rules?.in_flight_limit ?? Number.POSITIVE_INFINITY)
        const is_open = paused_at === null && finished === null && device_count < (max_devices ?? 100)
        const has_room = phases.length === 0 || openPhase(phases, rollout.now) !== undefined
        expect(rollout.poll('new')).toBe(has_place && is_open && has_room)
      }),
      { numRuns: 150 },
    )
  })
})
