import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RolloutEvent } from '../src/deployments/progress.ts'
import { type FailurePolicy, limitReached, readFailurePolicy } from '../src/deployments/rollout/failure-policy.ts'
import { failedSince } from '../src/deployments/standing.ts'
import { isArmed, trip } from '../src/deployments/supervision.ts'
import { ALREADY_INSTALLED, ModelRollout, NO_ARTIFACT, OFFER, type Step, steps, take } from './support/model-rollout.ts'
import { gateOf, progressOf, rulesOf } from './support/progress.ts'

const policyOf = (changes: Partial<FailurePolicy> = {}): FailurePolicy => ({
  ...{ scope: 'phase', action: 'pause', ...changes },
})
const rolloutOf = (
  policy: Partial<FailurePolicy>,
  {
    phases,
    retries,
    ...rules
  }: Partial<ConstructorParameters<typeof ModelRollout>[0]['rules']> &
    Partial<Pick<ConstructorParameters<typeof ModelRollout>[0], 'phases' | 'retries'>> = {},
) =>
  new ModelRollout({
    rules: rulesOf({ failure_policy: policyOf(policy), ...rules }),
    ...(phases ? { phases } : {}),
    retries: retries ?? 0,
  })

/** These devices are offered the update, and each of them fails. */
function fail(rollout: ModelRollout, ...devices: string[]): void {
  for (const device of devices) {
    rollout.poll(device)
    rollout.report(device, 'failure')
  }
}
const isTripped = ({ kind }: RolloutEvent) => kind === 'tripped'

describe('a limit', () => {
  test('of devices is reached by that many failures', () => {
    const policy = policyOf({ max_failures: 5 })
    expect(limitReached(policy, { ended: 1000, failed: 4 })).toBeUndefined()
    expect(limitReached(policy, { ended: 5, failed: 5 })).toEqual({ kind: 'failures', limit: 5 })
  })

  test('in percent is reached exactly, in whole devices', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 31 }), (percent, ended) => {
        const policy = policyOf({ max_failure_percent: percent })
        const failed = Number((BigInt(percent) * BigInt(ended) + 99n) / 100n)
        expect(limitReached(policy, { ended, failed })).toEqual({ kind: 'percent', limit: percent })
        if (failed > 1) expect(limitReached(policy, { ended, failed: failed - 1 })).toBeUndefined()
        expect(limitReached(policy, { ended, failed: 0 })).toBeUndefined()
      }),
    )
  })

  test('in percent is looked at once enough devices have ended', () => {
    const policy = policyOf({ max_failure_percent: 3, min_ended: 50 })
    expect(limitReached(policy, { ended: 49, failed: 49 })).toBeUndefined()
    expect(limitReached(policy, { ended: 50, failed: 1 })).toBeUndefined()
    expect(limitReached(policy, { ended: 50, failed: 2 })).toEqual({ kind: 'percent', limit: 3 })
  })

  test('of either kind stops the deployment if both are given', () => {
    const policy = policyOf({ max_failures: 5, max_failure_percent: 50, min_ended: 4 })
    expect(limitReached(policy, { ended: 4, failed: 2 })).toEqual({ kind: 'percent', limit: 50 })
    expect(limitReached(policy, { ended: 100, failed: 5 })).toEqual({ kind: 'failures', limit: 5 })
  })

  test.each<[Parameters<typeof readFailurePolicy>[0], string]>([
    [{}, 'failure_policy: must have max_failures, max_failure_percent or timeout_minutes'],
    [{ max_failures: 0 }, 'failure_policy.max_failures: must be between 1 and 2147483647'],
    [{ max_failure_percent: 101 }, 'failure_policy.max_failure_percent: must be between 1 and 100'],
    [{ max_failures: 1, min_ended: 1 }, 'failure_policy.min_ended: can only be used with max_failure_percent'],
    [{ timeout_minutes: 525_601 }, 'failure_policy.timeout_minutes: must be between 1 and 525600'],
    [{ max_failures: 1, action: 'rollback' }, 'failure_policy.rollback_artifact_name: cannot be blank'],
    [
      { max_failures: 1, rollback_artifact_name: 'release-1' },
      'failure_policy.rollback_artifact_name: can only be used with action: rollback',
    ],
  ])('is refused as %j: %s', (given, problem) => {
    expect(() => readFailurePolicy(given)).toThrow(problem)
  })
})

describe('a failure policy', () => {
  test('pauses the deployment by the failure that reaches its limit, and records the numbers', () => {
    const rollout = rolloutOf({ max_failures: 2 })
    fail(rollout, 'a')
    expect(rollout.progress.trip).toBeNull()
    rollout.claim(['x', 'y'])
    rollout.report('x', 'success')
    fail(rollout, 'b')
    const { trip, paused_at, paused_by, finished } = rollout.progress
    expect({ trip, paused_at, paused_by, finished }).toEqual({
      trip: {
        ...{ at: rollout.now, code: 'max_failures', action: 'pause', failed: 2, ended: 3, limit: 2 },
        ...{ timed_out: 0, unconfirmed: 0 },
      },
      ...{ paused_at: rollout.now, paused_by: { id: 'failure-policy' }, finished: null },
    })
    expect(rollout.poll('z')).toBe(false)
    // A device in flight keeps its offer.
    expect(rollout.poll('y')).toBe(true)
  })

  test('counts silence and a confirmation that is missed as failures', () => {
    const rollout = rolloutOf({ max_failures: 2, timeout_minutes: 10 }, { confirm_within_minutes: 5 })
    rollout.claim(['silent', 'bricked'])
    rollout.pass(6)
    rollout.report('bricked', 'success')
    rollout.pass(4)
    rollout.supervise()
    expect([rollout.progress.timed_out, rollout.progress.trip]).toEqual([1, null])
    rollout.pass(1)
    rollout.supervise()
    expect(rollout.progress.trip).toMatchObject({ failed: 2, ended: 2, timed_out: 1, unconfirmed: 1 })
  })

  test('does not count a failure with a retry left, nor devices without an artifact or that were aborted', () => {
    const rollout = rolloutOf({ max_failures: 1 }, { retries: 1 })
    rollout.claim(['a'], NO_ARTIFACT)
    fail(rollout, 'b')
    expect(rollout.progress).toMatchObject({ trip: null, awaiting_retry: 1, noartifact: 1 })
    fail(rollout, 'b')
    expect(rollout.progress.trip).toMatchObject({ failed: 1, ended: 1 })
  })

  test('counts the devices of each phase, or all together', () => {
    const phases = () => [{ capacity: 2 }, { capacity: 2, start_ts: '2029-01-01T00:00:00.000Z' }]
    const [by_phase, together] = [
      rolloutOf({ max_failures: 2 }, { phases: phases() }),
      rolloutOf({ max_failures: 2, scope: 'deployment' }, { phases: phases() }),
    ] as const
    for (const rollout of [by_phase, together]) {
      rollout.claim(['a', 'b', 'c', 'd'])
      fail(rollout, 'a', 'c')
    }
    expect(by_phase.progress.trip).toBeNull()
    expect(together.progress.trip).toMatchObject({ failed: 2, ended: 2 })
    expect(together.progress.trip).not.toHaveProperty('phase_index')
    by_phase.report('b', 'success')
    by_phase.report('d', 'failure')
    expect(by_phase.progress.trip).toMatchObject({ failed: 2, ended: 2, phase_index: 1 })
  })

  test('without phases counts all devices, whatever its scope', () => {
    const rollout = rolloutOf({ max_failures: 2, scope: 'phase' })
    fail(rollout, 'a', 'b')
    expect(rollout.progress.trip).toMatchObject({ failed: 2 })
  })

  test('that tripped stays so, although devices report a success after all', () => {
    const rollout = rolloutOf({ max_failures: 2, timeout_minutes: 5 })
    rollout.claim(['a', 'b'])
    rollout.pass(5)
    rollout.supervise()
    const { trip } = rollout.progress
    expect(trip).toMatchObject({ failed: 2, timed_out: 2 })
    rollout.pass(1)
    rollout.report('a', 'success')
    rollout.report('b', 'success')
    expect(rollout.progress).toMatchObject({ trip, paused_at: trip?.at, timed_out: 0, success: 2 })
    expect(rollout.poll('c')).toBe(false)
  })

  test.each(['abort', 'rollback'] as const)('with the action %s ends everything in the same batch', (action) => {
    const rollout = rolloutOf({ max_failure_percent: 50, min_ended: 2, action })
    rollout.claim(['a', 'b'])
    fail(rollout, 'a')
    // The second device of the batch needs no update, so two have ended and one of them has failed.
    let asked = 0
    const assign = () => (asked++ === 1 ? ALREADY_INSTALLED() : OFFER())
    expect(rollout.claim(['c', 'd', 'e'], assign)).toEqual(['assigned', 'assigned', 'no_capacity'])
    const { progress } = rollout
    expect(progress).toMatchObject({ finished: rollout.now, was_aborted: true, aborted: 2, failure: 1, pending: 0 })
    expect(rollout.happened.filter(isTripped)).toHaveLength(1)
    expect([rollout.poll('b'), rollout.report('b', 'success'), rollout.poll('c')]).toEqual([false, false, false])
  })

  test('that pauses in the middle of a batch lets no later claim of it through', () => {
    const rollout = rolloutOf({ max_failure_percent: 50, min_ended: 2 })
    fail(rollout, 'a')
    let asked = 0
    const assign = () => (asked++ === 1 ? ALREADY_INSTALLED() : OFFER())
    expect(rollout.claim(['b', 'c', 'd', 'e'], assign)).toEqual(['assigned', 'assigned', 'no_capacity', 'no_capacity'])
    expect([...rollout.touched]).toEqual(['a', 'b'])
  })
})

describe('a deployment that was resumed', () => {
  test('is stopped by as many failures again, and not by what had failed before', () => {
    const rollout = rolloutOf({ max_failures: 2 })
    rollout.claim(['a', 'b', 'c', 'd', 'e'])
    for (const device of ['a', 'b', 'c']) rollout.report(device, 'failure')
    rollout.pass(1)
    rollout.resume()
    expect(rollout.progress).toMatchObject({ paused_at: null, paused_by: null, trip: { resumed_at: rollout.now } })
    rollout.report('d', 'failure')
    expect(rollout.progress.paused_at).toBeNull()
    rollout.report('e', 'failure')
    expect(rollout.progress.trip).toMatchObject({ at: rollout.now, failed: 2, ended: 2 })
    expect(rollout.progress.trip).not.toHaveProperty('resumed_at')
  })

  test('is stopped as early if the earlier failures turn out to be successes', () => {
    const rollout = rolloutOf({ max_failures: 2, timeout_minutes: 5 })
    rollout.claim(['a', 'b', 'c', 'd', 'e', 'f'])
    rollout.pass(5)
    rollout.supervise()
    rollout.pass(1)
    rollout.resume()
    rollout.claim(['x', 'y'])
    rollout.report('x', 'failure')
    for (const device of ['a', 'b', 'c', 'd', 'e', 'f']) rollout.report(device, 'success')
    expect(rollout.progress.paused_at).toBeNull()
    rollout.report('y', 'failure')
    expect(rollout.progress.trip).toMatchObject({ at: rollout.now, failed: 2, ended: 8 })
  })

  test('is stopped as early if the server concluded an earlier failure that the device then corrects', () => {
    const rollout = rolloutOf({ max_failures: 1, timeout_minutes: 5 })
    rollout.claim(['a', 'b'])
    rollout.report('a', 'installing')
    rollout.pass(4)
    rollout.report('b', 'success')
    rollout.pass(1)
    rollout.supervise()
    rollout.pass(1)
    rollout.resume()
    rollout.pass(1)
    // It starts over, and has no attempt left.
    rollout.poll('a')
    rollout.report('a', 'success')
    expect(rollout.progress).toMatchObject({ paused_at: null, success: 2 })
    fail(rollout, 'c')
    expect(rollout.progress.trip).toMatchObject({ at: rollout.now, failed: 1, ended: 2 })
  })

  test('forgets a failure since then that turns out to be a success', () => {
    const rollout = rolloutOf({ max_failures: 2, timeout_minutes: 5 })
    rollout.pause()
    rollout.resume()
    rollout.claim(['a'])
    rollout.pass(5)
    rollout.supervise()
    expect(rollout.progress.timed_out).toBe(1)
    rollout.report('a', 'success')
    fail(rollout, 'b')
    expect(rollout.progress).toMatchObject({ trip: null, failure: 1, success: 1 })
  })

  test('counts a percentage of what ended from then on', () => {
    const rollout = rolloutOf({ max_failure_percent: 50, min_ended: 2, timeout_minutes: 5 })
    rollout.claim(['a', 'b', 'c', 'd', 'e'])
    rollout.pass(5)
    rollout.report('c', 'success')
    rollout.report('d', 'success')
    rollout.report('e', 'success')
    rollout.supervise()
    expect(rollout.progress).toMatchObject({ trip: null, timed_out: 2 })
    rollout.pause()
    rollout.pass(1)
    rollout.resume()
    // Both count again: as a success each.
    rollout.report('a', 'success')
    rollout.report('b', 'success')
    rollout.claim(['x', 'y'])
    rollout.report('x', 'failure')
    expect(rollout.progress.trip).toBeNull()
    rollout.report('y', 'failure')
    expect(rollout.progress.trip).toMatchObject({ code: 'max_failure_percent', at: rollout.now })
  })

  test('counts the phases from then on, each for itself', () => {
    const rollout = rolloutOf(
      { max_failures: 2 },
      { phases: [{ capacity: 3 }, { start_ts: '2029-01-01T00:00:00.000Z' }] },
    )
    rollout.claim(['a', 'b', 'c', 'd', 'e', 'f'])
    fail(rollout, 'a', 'b', 'd')
    rollout.pass(1)
    rollout.resume()
    rollout.report('e', 'failure')
    expect(rollout.progress.paused_at).toBeNull()
    rollout.report('f', 'failure')
    expect(rollout.progress.trip).toMatchObject({ phase_index: 1, failed: 2, ended: 2 })
  })
})

describe('a verdict of fail', () => {
  const cause = { code: 'verdict_failed', phase_index: 0, program: 'grafana', now: '2030-01-01T00:00:00.000Z' } as const

  test('does what the policy does, or pauses the deployment if there is none', () => {
    const without = progressOf()
    trip(without, cause)
    expect(without).toMatchObject({
      paused_at: cause.now,
      finished: null,
      trip: { program: 'grafana', action: 'pause' },
    })
    const aborted = progressOf({ rollout: rulesOf({ failure_policy: policyOf({ max_failures: 1, action: 'abort' }) }) })
    trip(aborted, cause)
    expect(aborted).toMatchObject({ paused_at: null, finished: cause.now, was_aborted: true })
    expect(without.happened).toEqual([{ kind: 'tripped', trip: without.trip }])
  })

  test('is recorded also while a user has paused the deployment, whose pause stays', () => {
    const paused_by = { id: 'u', email: 'ann@example.com' }
    const progress = progressOf({ paused_at: '2029-12-31T00:00:00.000Z', paused_by, pause_reason: 'holidays' })
    trip(progress, cause)
    expect(progress).toMatchObject({ paused_at: '2029-12-31T00:00:00.000Z', paused_by, pause_reason: 'holidays' })
    expect(progress.trip).toMatchObject({ code: 'verdict_failed' })
  })
})

const limits = fc
  .record(
    {
      max_failures: fc.integer({ min: 1, max: 3 }),
      max_failure_percent: fc.constantFrom(30, 60),
      min_ended: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: [] },
  )
  .filter((policy) => Object.keys(policy).some((member) => member !== 'min_ended'))
const plans = fc.record({
  limits,
  scope: fc.constantFrom('phase' as const, 'deployment' as const),
  action: fc.constantFrom('pause' as const, 'pause' as const, 'abort' as const),
  in_flight_limit: fc.integer({ min: 1, max: 4 }),
  ...{ has_phases: fc.boolean(), retries: fc.nat(1), has_confirmation: fc.boolean() },
})
type Plan = typeof plans extends fc.Arbitrary<infer One> ? One : never

const open = ({ limits, scope, action, in_flight_limit, has_phases, retries, has_confirmation }: Plan) =>
  rolloutOf(
    { timeout_minutes: 10, ...limits, scope, action },
    {
      ...{ in_flight_limit, retries, has_gates: has_phases },
      ...(has_confirmation ? { confirm_within_minutes: 10 } : {}),
      ...(has_phases ? { phases: [{ capacity: 3, gate: gateOf({ soak_minutes: 5 }) }, {}] } : {}),
    },
  )

const holds = (check: (rollout: ModelRollout, list: Step[]) => void) =>
  fc.assert(
    fc.property(plans, steps(80), (plan, list) => check(open(plan), list)),
    { numRuns: 250 },
  )

describe('in every order of claims, reports and silence', () => {
  test('nothing is offered for the first time, and no attempt begins, between a trip and the next resume', () => {
    holds((rollout, list) => {
      for (const step of list) {
        const was_armed = isArmed(rollout.progress) && rollout.progress.finished === null
        const before = [rollout.touched.size, rollout.offers.length]
        take(rollout, step)
        if (!was_armed && step.kind !== 'resume') expect([rollout.touched.size, rollout.offers.length]).toEqual(before)
      }
    })
  })

  test('a policy trips exactly when its limit is reached by what failed since the last resume, and once', () => {
    holds((rollout, list) => {
      const { failure_policy } = rollout.progress.rollout!
      const by_phase = failure_policy?.scope === 'phase' && rollout.progress.phases.length > 0
      const scopes = by_phase ? rollout.progress.phases.map((_, i) => i) : [undefined]
      // The devices that had ended at the last resume, and those of them that count as failed since then.
      const base = { ended: new Set<string>(), failed: new Set<string>() }
      const ended = () => [...rollout.rows.keys()].filter((device) => hasEnded(rollout, device))
      const tallied = (phase: number | undefined) => {
        const isCounted = (device: string) => phase === undefined || rollout.row(device)?.phase_index === phase
        const failed = ended().filter((device) => hasFailed(rollout, device) && !base.failed.has(device))
        const before = [...base.ended].filter(isCounted)
        return { ended: ended().filter(isCounted).length - before.length, failed: failed.filter(isCounted).length }
      }
      for (const step of list) {
        const was_armed = isArmed(rollout.progress)
        const was_paused = rollout.progress.paused_at !== null
        const trips = rollout.happened.filter(isTripped).length
        // Each step is at another time than the resume before it.
        rollout.now_ms++
        take(rollout, step)
        if (step.kind === 'resume' && was_paused) {
          base.ended = new Set(ended())
          base.failed = new Set(ended().filter((device) => hasFailed(rollout, device)))
        }
        for (const device of base.failed) {
          if (hasFailed(rollout, device)) continue
          base.failed.delete(device)
          base.ended.delete(device)
        }
        const added = rollout.happened.filter(isTripped).length - trips
        if (rollout.progress.finished !== null) {
          // An abort changes what has ended.
          expect(added).toBe(1)
          return
        }
        const is_reached = scopes.some((phase) => limitReached(failure_policy!, tallied(phase)))
        expect(added).toBe(was_armed && is_reached ? 1 : 0)
      }
    })
  })

  const failing = steps(80).map((list) =>
    list.flatMap((step) => {
      if (step.kind === 'resume' || step.kind === 'none' || step.kind === 'run') return []
      return [step.status === 'already-installed' ? { ...step, status: 'failure' as const } : step]
    }),
  )

  test('with f failures and m in flight at most f - 1 + m devices are touched, if none is ever confirmed', () => {
    const limits = fc.record({
      f: fc.integer({ min: 1, max: 4 }),
      m: fc.integer({ min: 1, max: 4 }),
      retries: fc.nat(2),
    })
    fc.assert(
      fc.property(limits, failing, fc.boolean(), ({ f, m, retries }, list, by_percent) => {
        const policy = by_percent ? { max_failure_percent: 100, min_ended: f } : { max_failures: f }
        const rules = { in_flight_limit: m, confirm_within_minutes: 10 }
        const rollout = rolloutOf({ ...policy, timeout_minutes: 10 }, { ...rules, retries })
        for (const step of list) {
          take(rollout, step)
          expect(rollout.touched.size).toBeLessThanOrEqual(f - 1 + m)
        }
      }),
      { numRuns: 200 },
    )
  })
})

const hasFailed = (rollout: ModelRollout, device: string): boolean => failedSince(rollout.row(device)!) !== undefined

function hasEnded(rollout: ModelRollout, device: string): boolean {
  const { status, confirmation } = rollout.row(device)!
  const has_succeeded = status === 'already-installed' || (status === 'success' && confirmation !== 'awaited')
  return has_succeeded || hasFailed(rollout, device)
}
