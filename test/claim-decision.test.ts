import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Artifact } from '../src/artifacts/artifact.ts'
import type { Assignment } from '../src/deployments/assignment.ts'
import { type ClaimState, decideClaim, decideClaims } from '../src/deployments/claim-decision.ts'
import { DEVICE_STATUSES, type DeviceStatus, isFinal } from '../src/deployments/device-status.ts'
import type { PhaseState } from '../src/deployments/phase-state.ts'
import type { Progress } from '../src/deployments/progress.ts'
import { phaseOf, progressOf, rulesOf } from './support/progress.ts'

const hour = (n: number) => new Date(Date.UTC(2030, 0, 1, n)).toISOString()
const NOW = hour(0)

const artifact = { id: 'artifact', name: 'release', size: 100 } as Artifact
const ASSIGNMENTS: Assignment[] = [
  { status: 'pending', artifact },
  { status: 'already-installed', artifact },
  { status: 'noartifact' },
]
const [OFFER, ALREADY_INSTALLED] = ASSIGNMENTS as [Assignment, Assignment]

const phase = (capacity: number | null, start_ts: string | null = null, device_count = 0): PhaseState =>
  phaseOf({ start_ts, capacity, device_count })

const withPhases = (...phases: PhaseState[]) => progressOf({ phases })

const claim = (changes: Partial<ClaimState> = {}): ClaimState => ({
  device: 'device',
  eligibility: { is_eligible: true, former: null, has_unwritten_abort: false, pinned_until: null },
  progress: progressOf(),
  fixed_phase: null,
  is_static: false,
  assign: () => OFFER,
  ...changes,
})

const former = (status: DeviceStatus, phase_index: number | null = null): ClaimState['eligibility'] => ({
  ...{
    is_eligible: true,
    former: { status, phase_index, finished: null, timed_out: null, confirmation: null },
    has_unwritten_abort: false,
    pinned_until: null,
  },
})

describe('a claim', () => {
  test('assigns the device to the first open phase with capacity', () => {
    const progress = withPhases(phase(2, null, 2), phase(2, hour(-1)), phase(null, hour(1)))
    expect(decideClaim(claim({ progress }), NOW)).toEqual({
      kind: 'assigned',
      assignment: OFFER,
      transition: { from: 'pending', to: 'pending', phase_index: 1 },
      is_new: true,
    })
  })

  test('is stale if the device is not eligible or was removed, regardless of the capacity', () => {
    const not_eligible = { is_eligible: false, former: null, has_unwritten_abort: false, pinned_until: null }
    expect(decideClaim(claim({ eligibility: not_eligible }), NOW)).toEqual({ kind: 'stale' })
    expect(decideClaim(claim({ eligibility: undefined, progress: undefined }), NOW)).toEqual({ kind: 'stale' })
  })

  test('is rejected until the next phase opens', () => {
    const progress = withPhases(phase(1, null, 1), phase(null, hour(1)))
    expect(decideClaim(claim({ progress }), NOW)).toEqual({
      ...{ kind: 'no_capacity', reason: 'later', until_ms: Date.parse(hour(1)) },
    })
  })

  test.each([
    ['is finished', progressOf({ finished: NOW })],
    ['has reached its device limit', progressOf({ max_devices: 3, device_count: 3 })],
    ['was removed', undefined],
  ])('is rejected for good if the deployment %s', (_, progress) => {
    expect(decideClaim(claim({ progress }), NOW)).toEqual({
      ...{ kind: 'no_capacity', reason: 'never', until_ms: Number.POSITIVE_INFINITY },
    })
  })

  test('waits while as many devices as may be in flight have an offer, or another attempt to come', () => {
    const rollout = { in_flight_limit: 3, has_gates: false }
    const counts = { device_count: 4, pending: 3, failure: 1 }
    const of = (awaiting_retry: number) => progressOf({ rollout, ...counts, awaiting_retry })
    for (const awaiting_retry of [0, 1, 3])
      expect(decideClaim(claim({ progress: of(awaiting_retry) }), NOW)).toMatchObject({ reason: 'in_flight' })
    const progress = progressOf({ rollout, ...counts, pending: 2, failure: 2, awaiting_retry: 1 })
    expect(decideClaim(claim({ progress }), NOW)).toMatchObject({ kind: 'assigned' })
  })

  test('is rejected while the deployment is paused, also if the device needs no update', () => {
    const progress = progressOf({ paused_at: NOW, phases: [phase(1, null, 1), phase(null, hour(1))] })
    for (const assign of ASSIGNMENTS.map((assignment) => () => assignment))
      expect(decideClaim(claim({ progress, assign }), NOW)).toEqual({
        ...{ kind: 'no_capacity', reason: 'paused', until_ms: Number.POSITIVE_INFINITY },
      })
  })

  test('waits for the end of a pin, also if the device needs no update', () => {
    for (const [pinned_until, until_ms] of [
      ['forever', Number.POSITIVE_INFINITY],
      [hour(1), Date.parse(hour(1))],
    ] as const) {
      const eligibility = { is_eligible: true, former: null, has_unwritten_abort: false, pinned_until }
      for (const assign of ASSIGNMENTS.map((assignment) => () => assignment))
        expect(decideClaim(claim({ eligibility, assign }), NOW)).toEqual({
          ...{ kind: 'no_capacity', reason: 'pinned', until_ms },
        })
      const ended = { ...eligibility, pinned_until: NOW }
      expect(decideClaim(claim({ eligibility: ended }), NOW)).toMatchObject({ kind: 'assigned' })
    }
  })

  test('waits for a place and for the rate only if there is something to install', () => {
    const busy = { device_count: 1, pending: 1, rollout: rulesOf({ in_flight_limit: 1 }) }
    const quick = { rollout: rulesOf({ offers_per_minute: 2 }), recent_offers: [[Date.parse(NOW), 2]] as const }
    for (const [reason, changes] of [['in_flight', busy] as const, ['rate', quick] as const]) {
      const decide = (assignment: Assignment) =>
        decideClaim(claim({ progress: progressOf(changes), assign: () => assignment }), NOW)
      expect(decide(OFFER)).toMatchObject({ kind: 'no_capacity', reason })
      expect(decide(ALREADY_INSTALLED)).toMatchObject({ kind: 'assigned' })
      expect(decide({ status: 'noartifact' })).toMatchObject({ kind: 'assigned' })
    }
  })

  test('of a device that is named, or has a rank, is for its phase only, which it may overfill', () => {
    const progress = progressOf({ phases: [phase(5), { ...phase(1, null, 1), is_fixed: true }, phase(null, hour(1))] })
    expect(decideClaim(claim({ progress, fixed_phase: 1 }), NOW)).toMatchObject({ transition: { phase_index: 1 } })
    expect(decideClaim(claim({ progress, fixed_phase: 2 }), NOW)).toMatchObject({
      ...{ kind: 'no_capacity', reason: 'later', until_ms: Date.parse(hour(1)) },
    })
    const [decision] = decideClaims([claim({ progress, fixed_phase: 1 })], NOW)
    expect(decision?.kind).toBe('assigned')
    expect(progress.phases[1]).toMatchObject({ device_count: 2, capacity: 2 })
  })

  test('changes nothing by itself', () => {
    const { assign, ...state } = claim({ progress: withPhases(phase(1)) })
    const before = structuredClone(state)
    decideClaim({ ...state, assign }, NOW)
    expect(state).toEqual(before)
  })
})

describe('a claim of a device whose history was deleted', () => {
  test('stays in its phase, even if it is full, and is counted once, by its newest status', () => {
    const phases = [phase(1, null, 1)]
    const progress = progressOf({ max_devices: 1, device_count: 1, success: 1, phases })
    const [decision] = decideClaims([claim({ progress, eligibility: former('success', 0) })], NOW)
    expect(decision).toMatchObject({ transition: { from: 'success', to: 'pending', phase_index: 0 }, is_new: false })
    expect(progress).toMatchObject({ device_count: 1, success: 0, pending: 1 })
    expect(progress.phase_deltas.get(0)).toMatchObject({ device_count: 0, success: -1, pending: 1 })
    expect(phases[0]?.device_count).toBe(1)
  })

  test('is rejected for good once the deployment is finished', () => {
    const progress = progressOf({ finished: NOW })
    expect(decideClaim(claim({ progress, eligibility: former('failure') }), NOW)).toMatchObject({ reason: 'never' })
  })
})

describe('a batch of claims', () => {
  test('assigns a device once, to the first deployment that it claims', () => {
    const second = progressOf({ deployment_id: 'second' })
    const decisions = decideClaims([claim(), claim({ progress: second })], NOW)
    expect(decisions.map(({ kind }) => kind)).toEqual(['assigned', 'stale'])
    expect(second).toEqual(progressOf({ deployment_id: 'second' }))
  })

  test('lets a device that one deployment rejected claim another', () => {
    const decisions = decideClaims([claim({ progress: progressOf({ finished: NOW }) }), claim()], NOW)
    expect(decisions.map(({ kind }) => kind)).toEqual(['no_capacity', 'assigned'])
  })

  test('finishes the deployment with the last device that has nothing to install, and assigns no more', () => {
    const progress = progressOf({ max_devices: 2 })
    const states = ['a', 'b', 'c'].map((device) => claim({ device, progress, assign: () => ALREADY_INSTALLED }))
    const decisions = decideClaims(states, NOW)
    expect(decisions.map(({ kind }) => kind)).toEqual(['assigned', 'assigned', 'no_capacity'])
    expect(progress).toMatchObject({ finished: NOW, 'already-installed': 2, pending: 0, total_size: 0 })
  })

  test('does not count a device of a static deployment as pending twice', () => {
    const progress = progressOf({ max_devices: 2, pending: 2 })
    decideClaims([claim({ progress, is_static: true })], NOW)
    expect(progress).toMatchObject({ device_count: 1, pending: 2, total_size: 100 })
  })
})

type Plan = { max_devices: number | null; phases: { capacity: number; start_ts: string | null }[] }
const plan: fc.Arbitrary<Plan> = fc.record({
  max_devices: fc.option(fc.integer({ min: 1, max: 8 })),
  phases: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: -2, max: 1 })), { maxLength: 4 })
    .map((phases) => phases.toSorted(([, a], [, b]) => a - b))
    .map((phases) => phases.map(([capacity, at], i) => ({ capacity, start_ts: i === 0 ? null : hour(at) }))),
})

const request = fc.record({
  device: fc.constantFrom(...'abcdefgh'),
  deployment: fc.nat(2),
  is_eligible: fc.integer({ max: 7, min: 0 }).map((n) => n > 0),
  former: fc.option(fc.constantFrom(...DEVICE_STATUSES.filter(isFinal)), { freq: 6 }),
  assignment: fc.constantFrom(...ASSIGNMENTS),
})
type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never

/** Some claims on three deployments. A device whose history was deleted is counted already. */
const batches = fc
  .tuple(fc.array(plan, { minLength: 3, maxLength: 3 }), fc.array(request, { maxLength: 40 }))
  .map(([plans, requests]) => {
    const deployments = plans.map(({ max_devices, phases }, i) => ({
      progress: progressOf({
        ...{ deployment_id: String(i), max_devices },
        phases: phases.map(({ capacity, start_ts }) => phase(capacity, start_ts)),
      }),
    }))
    const claims = requests.map(({ device, deployment, is_eligible, former, assignment }: Request) => {
      const state = deployments[deployment]!
      if (former) {
        state.progress.device_count++
        state.progress[former]++
      }
      const row = former && { status: former, phase_index: null, finished: null, timed_out: null, confirmation: null }
      const eligibility = { is_eligible, former: row, has_unwritten_abort: false, pinned_until: null }
      return claim({ device, ...state, eligibility, assign: () => assignment })
    })
    return { deployments, claims }
  })

describe('no batch of claims', () => {
  const holds = (check: (batch: { deployments: { progress: Progress }[]; claims: Decided[] }) => void) =>
    fc.assert(
      fc.property(batches, ({ deployments, claims }) => {
        const before = claims.map(({ progress }) => progress!.device_count)
        const decisions = decideClaims(claims, NOW)
        check({
          deployments,
          claims: claims.map((one, i) => ({ ...one, before: before[i]!, decision: decisions[i]! })),
        })
      }),
    )
  type Decided = ClaimState & { before: number; decision: ReturnType<typeof decideClaim> }
  const newOnes = (claims: Decided[], progress: ClaimState['progress']) =>
    claims.flatMap((one) =>
      one.progress === progress && one.decision.kind === 'assigned' && one.decision.is_new ? [one.decision] : [],
    )

  test('exceeds the capacity of a phase or the device limit of a deployment', () => {
    holds(({ deployments, claims }) => {
      for (const { progress } of deployments) {
        const added = newOnes(claims, progress)
        const max_devices = progress.max_devices ?? Number.POSITIVE_INFINITY
        if (added.length > 0) expect(progress.device_count).toBeLessThanOrEqual(max_devices)
        progress.phases.forEach(({ capacity, device_count }, i) => {
          expect(device_count).toBeLessThanOrEqual(capacity!)
          expect(device_count).toBe(added.filter(({ transition }) => transition.phase_index === i).length)
        })
      }
    })
  })

  test('assigns a device twice, or one that is not eligible', () => {
    holds(({ claims }) => {
      const assigned = claims.filter(({ decision }) => decision.kind === 'assigned')
      expect(new Set(assigned.map(({ device }) => device)).size).toBe(assigned.length)
      expect(assigned.every(({ eligibility }) => eligibility?.is_eligible)).toBe(true)
    })
  })

  test('grants to a later claim what it denied to an earlier one, or fills a later phase before an earlier one', () => {
    holds(({ deployments, claims }) => {
      for (const { progress } of deployments) {
        const kinds = claims
          .filter((one) => one.progress === progress && !one.eligibility?.former)
          .map(({ decision }) => decision.kind)
          .filter((kind) => kind !== 'stale')
        expect(kinds).toEqual(kinds.toSorted())
        const phases = newOnes(claims, progress).map(({ transition }) => transition.phase_index ?? 0)
        expect(phases).toEqual(phases.toSorted())
      }
    })
  })

  test('counts a device twice, or not at all', () => {
    holds(({ deployments, claims }) => {
      for (const { progress } of deployments) {
        const [first] = claims.filter((one) => one.progress === progress)
        const added = newOnes(claims, progress).length
        expect(progress.device_count).toBe((first?.before ?? 0) + added)
        expect(DEVICE_STATUSES.reduce((sum, status) => sum + progress[status], 0)).toBe(progress.device_count)
      }
    })
  })
})
