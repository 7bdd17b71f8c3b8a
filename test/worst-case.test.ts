import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stageOf } from '../src/deployments/phase-state.ts'
import type { FailurePolicy } from '../src/deployments/rollout/failure-policy.ts'
import { worstCase } from '../src/deployments/rollout/worst-case.ts'
import { ModelRollout } from './support/model-rollout.ts'
import { gateOf, rulesOf } from './support/progress.ts'

const SUCCESSES = gateOf({ success_percent: 90, soak_minutes: 5 })
const SOAK = gateOf({ soak_minutes: 5 })
const APPROVAL = gateOf({ approval: 'required' })

type Phase = Parameters<typeof worstCase>[0]['phases'][number]
type Plan = Parameters<typeof worstCase>[0] & { retries: number }

const policyOf = (changes: Partial<FailurePolicy>): FailurePolicy => ({
  ...{ scope: 'phase', action: 'pause', ...changes },
})

const policies: fc.Arbitrary<FailurePolicy> = fc
  .tuple(
    fc.constantFrom('phase' as const, 'deployment' as const),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 100 }),
    fc.constantFrom('failures', 'percent', 'both'),
  )
  .map(([scope, limit, max_failure_percent, kind]) =>
    policyOf({
      scope,
      ...(kind === 'percent' ? {} : { max_failures: limit }),
      ...(kind === 'failures' ? {} : { max_failure_percent, min_ended: kind === 'both' ? limit + 1 : limit }),
    }),
  )

const phases = fc.array(
  fc.record({
    capacity: fc.integer({ min: 1, max: 9 }),
    is_fixed: fc.boolean(),
    gate: fc.constantFrom(null, null, SOAK, APPROVAL, SUCCESSES),
  }),
  { maxLength: 4 },
)

const plans: fc.Arbitrary<Plan> = fc
  .record({
    phases,
    policy: policies,
    in_flight_limit: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
    retries: fc.nat(1),
    rest: fc.integer({ min: 1, max: 12 }),
    is_unlimited: fc.boolean(),
  })
  .map(({ phases, rest, is_unlimited, ...plan }) => {
    const last: Phase[] =
      phases.length === 0 ? [] : [{ capacity: is_unlimited ? null : rest, is_fixed: false, gate: null }]
    const devices = rest + phases.reduce((sum, { capacity }) => sum + capacity, 0)
    return { ...plan, devices, phases: [...phases, ...last] }
  })

/** The devices of the plan: those of phases that devices are fixed to, and all others. */
function fleetOf({ phases, devices }: Plan): string[][] {
  const fixed = phases.map(({ is_fixed, capacity }, i) =>
    is_fixed ? Array.from({ length: capacity ?? 0 }, (_, n) => `${i}/${n}`) : [],
  )
  const others = Array.from({ length: devices - fixed.flat().length }, (_, n) => `any/${n}`)
  return [...fixed, others]
}

const rolloutOf = ({ phases, policy, in_flight_limit, retries }: Plan) =>
  new ModelRollout({
    rules: rulesOf({
      ...{ has_gates: phases.some(({ gate }) => gate !== null), ...(policy ? { failure_policy: policy } : {}) },
      ...(in_flight_limit === undefined ? {} : { in_flight_limit }),
    }),
    phases: phases.map((phase, i) => (i > 0 && !phases[i - 1]?.gate ? { ...phase, start_ts: START } : phase)),
    retries,
    fixedPhase: (device) => (device.startsWith('any') ? null : Number.parseInt(device, 10)),
  })
const START = new Date(Date.UTC(2029, 0, 1)).toISOString()

/** Time passes, and people approve whatever waits for it. */
function waitFor(rollout: ModelRollout): void {
  for (const _ of rollout.progress.phases) {
    rollout.pass(10)
    rollout.supervise()
    const { phases } = rollout.progress
    for (const [i, phase] of phases.entries())
      if (stageOf(phases, i, rollout.now) === 'awaiting_approval') phase.approved_at = rollout.now
  }
  rollout.supervise()
}

const FAR = 100

/** Every attempt of the device fails, unless a limit would be reached by it: then the device stays in flight. */
function failUnlessLast(rollout: ModelRollout, device: string, plan: Plan): void {
  if (rollout.row(device) !== undefined || !rollout.poll(device)) return
  const { policy, phases } = plan
  const counted =
    policy?.scope === 'deployment' || phases.length === 0
      ? rollout.progress
      : rollout.progress.phases[rollout.row(device)!.phase_index!]!.counts!
  const limits = [policy?.max_failures, policy?.max_failure_percent === undefined ? undefined : policy.min_ended]
  const limit = Math.min(...limits.map((one) => one ?? FAR))
  if (counted.failure >= limit - 1) return
  for (let attempt = 0; attempt <= plan.retries; attempt++) {
    rollout.report(device, 'failure')
    rollout.poll(device)
  }
}

/** Offers the update to as many devices as possible: first, all failures but the one that would stop each phase. */
function touchMost(plan: Plan): ModelRollout {
  const rollout = rolloutOf(plan)
  const [others, ...fixed] = fleetOf(plan).toReversed() as [string[], ...string[][]]
  waitFor(rollout)
  const limits = [plan.policy?.max_failures, plan.policy?.min_ended].map((one) => one ?? FAR)
  for (const devices of fixed.toReversed())
    for (const device of devices.slice(0, Math.min(...limits) - 1)) failUnlessLast(rollout, device, plan)
  for (const device of [...others, ...fixed.flat()]) failUnlessLast(rollout, device, plan)
  return rollout
}

describe('the worst case', () => {
  test('is reached by devices that fail in the worst order, and never exceeded by it', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const rollout = touchMost(plan)
        expect(rollout.progress.trip).toBeNull()
        expect(rollout.touched.size).toBe(worstCase(plan))
      }),
      { numRuns: 300 },
    )
  })

  const steps = fc.array(fc.tuple(fc.nat(1000), fc.constantFrom('poll', 'poll', 'failure', 'wait')), {
    minLength: 80,
    maxLength: 160,
  })

  test('is not exceeded in whatever order devices ask and fail', () => {
    fc.assert(
      fc.property(plans, steps, (plan, order) => {
        const rollout = rolloutOf(plan)
        const fleet = fleetOf(plan).flat()
        for (const [n, step] of order) {
          const device = fleet[n % fleet.length]!
          if (step === 'wait') waitFor(rollout)
          else if (step === 'poll') rollout.poll(device)
          else rollout.report(device, 'failure')
        }
        expect(rollout.touched.size).toBeLessThanOrEqual(worstCase(plan))
        const most = worstCase({ ...plan, policy: undefined })
        expect(most).toBe(plan.devices)
      }),
      { numRuns: 150 },
    )
  })

  const plan = (changes: Partial<Plan>): Plan => ({
    ...{
      devices: 1000,
      phases: [],
      policy: policyOf({ max_failures: 5 }),
      in_flight_limit: 10,
      retries: 0,
      ...changes,
    },
  })
  const tenths = (gate: Phase['gate'], is_fixed = false): Phase[] => [
    { capacity: 100, is_fixed, gate },
    { capacity: 900, is_fixed, gate: null },
  ]

  test.each<[string, Plan, number]>([
    ['one failure less than the limit, and the devices in flight', plan({}), 14],
    ['all devices without a policy', plan({ policy: undefined }), 1000],
    ['all devices with a policy that only sets a time', plan({ policy: policyOf({ timeout_minutes: 5 }) }), 1000],
    ['all devices without a limit of devices in flight', plan({ in_flight_limit: undefined }), 1000],
    [
      'the devices of the first phase, after which a gate asks for successes',
      {
        ...plan({ phases: tenths(SUCCESSES), in_flight_limit: undefined }),
      },
      100,
    ],
    ['all devices if the gate only soaks', plan({ phases: tenths(SOAK), in_flight_limit: undefined }), 1000],
    ['all devices if a user lets the gate open', plan({ phases: tenths(APPROVAL), in_flight_limit: undefined }), 1000],
    ['as much as without phases if the first of them cannot become full', plan({ phases: tenths(null) }), 14],
    [
      'the failures of each phase if devices need not wait for the phase before',
      plan({ phases: tenths(null, true) }),
      18,
    ],
    [
      'the failures of all phases together if they are counted so',
      {
        ...plan({ phases: tenths(null, true), policy: policyOf({ max_failures: 5, scope: 'deployment' }) }),
      },
      14,
    ],
    [
      'by percentage, the devices that must have ended',
      {
        ...plan({ policy: policyOf({ max_failure_percent: 50, min_ended: 20 }) }),
      },
      29,
    ],
    ['never more devices than there are', plan({ devices: 12 }), 12],
  ])('is %s', (_, given, expected) => {
    expect(worstCase(given)).toBe(expected)
  })
})
