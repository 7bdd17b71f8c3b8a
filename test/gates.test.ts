import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type GateEvent,
  gateOpensBy,
  isOpen,
  moveGates,
  nextOpening,
  openingsAtCreation,
  openPhase,
  opensBy,
  type PhaseState,
  stageOf,
} from '../src/deployments/phase-state.ts'
import { type Gate, type GateTally, gateBase, gateShare, holds } from '../src/deployments/rollout/gate.ts'
import { advance, applyTransition } from '../src/deployments/supervision.ts'
import { countsOf, gateOf, phasesOf, progressOf, rulesOf } from './support/progress.ts'

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString()
const ms = (minute: number) => Date.parse(at(minute))

const tallyOf = (changes: Partial<GateTally>): GateTally => ({
  ...{ capacity: 10, succeeded: 0, failed: 0, excluded: 0, ...changes },
})

describe('the percentage of a gate', () => {
  test('holds from the first whole device that reaches it, for every percentage', () => {
    for (let success_percent = 1; success_percent <= 100; success_percent++)
      for (let capacity = 1; capacity <= 250; capacity++) {
        const gate = gateOf({ success_percent })
        const needed = Number((BigInt(success_percent) * BigInt(capacity) + 99n) / 100n)
        const reached = [needed - 1, needed].map((succeeded) => holds(gate, tallyOf({ capacity, succeeded })))
        if (reached[0] || !reached[1]) expect({ success_percent, capacity, reached }).toEqual('exact')
      }
  })

  test('holds exactly for fleets of any size, whatever has been taken out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.integer({ min: 0, max: 2 ** 20 }),
        (success_percent, base, excluded) => {
          const needed = Number((BigInt(success_percent) * BigInt(base) + 99n) / 100n)
          const holdsWith = (succeeded: number) =>
            holds(gateOf({ success_percent }), tallyOf({ capacity: base + excluded, excluded, succeeded }))
          expect([holdsWith(needed - 1), holdsWith(needed)]).toEqual([false, true])
        },
      ),
    )
  })

  const gates = fc.record({
    success_percent: fc.integer({ min: 1, max: 100 }),
    of: fc.constantFrom('capacity' as const, 'ended' as const),
    min_ended: fc.integer({ min: 1, max: 30 }),
  })
  const tallies = fc
    .tuple(fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(40))
    .map(([succeeded, failed, excluded, rest]) =>
      tallyOf({ succeeded, failed, excluded, capacity: succeeded + failed + excluded + rest }),
    )

  test('is not lost by a success, and not reached by a failure', () => {
    fc.assert(
      fc.property(gates, tallies, (changes, tally) => {
        const gate = gateOf(changes)
        const room = tally.capacity > tally.succeeded + tally.failed + tally.excluded
        if (!room) return
        if (holds(gate, tally)) expect(holds(gate, { ...tally, succeeded: tally.succeeded + 1 })).toBe(true)
        // With `of: ended` a failure may be the last device that the gate waits for.
        const waits = gate.of === 'ended' && tally.succeeded + tally.failed < (gate.min_ended ?? 1)
        if (!holds(gate, tally) && !waits) expect(holds(gate, { ...tally, failed: tally.failed + 1 })).toBe(false)
      }),
    )
  })

  test('is of the devices that are left when others are taken out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), tallies, (success_percent, tally) => {
        const gate = gateOf({ success_percent })
        const without = { ...tally, capacity: tally.capacity - tally.excluded, excluded: 0 }
        expect(holds(gate, tally)).toBe(holds(gate, without))
        expect(gateShare(gate, tally)).toBe(gateShare(gate, without))
      }),
    )
  })

  test('never holds if no device is left that could succeed', () => {
    for (const of of ['capacity', 'ended'] as const) {
      const gate = gateOf({ success_percent: 1, of })
      const tally = tallyOf({ capacity: 4, excluded: 4 })
      expect([holds(gate, tally), gateBase(gate, tally), gateShare(gate, tally)]).toEqual([false, 0, 0])
    }
  })

  test('of the ended devices waits for `min_ended`, or for all if the phase has fewer', () => {
    const gate = gateOf({ success_percent: 50, of: 'ended', min_ended: 4 })
    const holdsWith = (changes: Partial<GateTally>) => holds(gate, tallyOf(changes))
    expect(holdsWith({ succeeded: 3 })).toBe(false)
    expect(holdsWith({ succeeded: 2, failed: 1 })).toBe(false)
    expect(holdsWith({ succeeded: 2, failed: 2 })).toBe(true)
    expect(holdsWith({ succeeded: 2, failed: 3 })).toBe(false)
    expect(holdsWith({ succeeded: 3, excluded: 6 })).toBe(false)
    expect(holdsWith({ succeeded: 3, excluded: 7 })).toBe(true)
    expect(holdsWith({ succeeded: 2, failed: 0, excluded: 8 })).toBe(true)
  })

  test('is that of the capacity, not of the devices that happened to ask', () => {
    expect(holds(gateOf({ success_percent: 90 }), tallyOf({ succeeded: 8 }))).toBe(false)
    expect(holds(gateOf({ success_percent: 90, of: 'ended' }), tallyOf({ succeeded: 8 }))).toBe(true)
  })
})

/** A phase of four devices with a gate, and one after it. */
const twoPhases = (gate: Partial<Gate>) => phasesOf({ capacity: 4, gate: gateOf(gate), counts: countsOf() }, {})

describe('a gate', () => {
  test('opens once its percentage has held for the whole soak without interruption, and not before', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4)), { maxLength: 25 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), steps, (soak, changes) => {
        const phases = twoPhases({ success_percent: 50, ...(soak > 0 ? { soak_minutes: soak } : {}) })
        const [first] = phases as [PhaseState, PhaseState]
        const held: boolean[] = []
        let minute = 0
        moveGates(phases, at(0))
        for (const [minutes, success] of [...changes, [10, 0] as const]) {
          moveGates(phases, at(minute))
          first.counts = countsOf({ success })
          moveGates(phases, at(minute))
          for (let passed = 0; passed < minutes; passed++) held[minute++] = success >= 2
        }
        moveGates(phases, at(minute))
        const opens = held.findIndex((_, end) => {
          const before = held.slice(Math.max(0, end - soak), end)
          return end >= soak && before.every(Boolean) && (soak > 0 || held[end])
        })
        expect(first.gate_opened_at).toBe(opens < 0 ? null : at(opens))
      }),
    )
  })

  test('opens at the same time, however often somebody looks', () => {
    const looks = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 })
    fc.assert(
      fc.property(looks, fc.integer({ min: 0, max: 10 }), (minutes, since) => {
        const phases = twoPhases({ success_percent: 50, soak_minutes: 15 })
        moveGates(phases, at(0))
        const [first] = phases as [PhaseState, PhaseState]
        const succeed = () => {
          first.counts = countsOf({ success: 2 })
          moveGates(phases, at(since))
        }
        const calls = [...minutes.map((minute) => [minute, () => moveGates(phases, at(minute))] as const)]
        for (const [, call] of [
          ...calls,
          [since, succeed] as const,
          [30, () => moveGates(phases, at(30))] as const,
        ].toSorted(([a], [b]) => a - b))
          call()
        expect(first.gate_opened_at).toBe(at(since + 15))
        expect(phases[1]?.opened_at).toBe(at(since + 15))
      }),
    )
  })

  test('that opened by time alone stays open although the next change would have broken it', () => {
    const counts = countsOf({ success: 2, installing: 2 })
    const phases = phasesOf({
      capacity: 4,
      device_count: 4,
      gate: gateOf({ success_percent: 50, soak_minutes: 10 }),
      counts,
    })
    phases.push(...phasesOf({}, { counts: countsOf() }).slice(1))
    const progress = progressOf({
      rollout: rulesOf({ has_gates: true }),
      phases,
      device_count: 4,
      success: 2,
      installing: 2,
    })
    advance(progress, at(0))
    expect(isOpen(progress.phases, 1, at(9))).toBe(false)
    // Nobody looks until a success turns out not to have been confirmed.
    advance(progress, at(60))
    applyTransition(
      progress,
      { from: 'success', to: 'success', phase_index: 0, reached: 'confirmation_missed' },
      at(60),
    )
    expect(progress.phases[0]).toMatchObject({ gate_opened_at: at(10) })
    expect(progress.phases[1]).toMatchObject({ opened_at: at(10) })
    expect(progress.happened).toEqual([
      { kind: 'gate_opened', phase: 0, at: at(10) },
      { kind: 'phase_opened', phase: 1, at: at(10) },
    ])
    expect([...progress.changed_phases]).toEqual([0, 1])
  })

  test('whose percentage is lost during the soak begins it again', () => {
    const phases = twoPhases({ success_percent: 50, soak_minutes: 10 })
    const look = (minute: number, success: number) => {
      moveGates(phases, at(minute))
      phases[0]!.counts = countsOf({ success })
      moveGates(phases, at(minute))
      return [stageOf(phases, 0, at(minute)), opensBy(phases, 1, at(minute))]
    }
    expect(look(0, 1)).toEqual(['collecting', Number.POSITIVE_INFINITY])
    expect(look(1, 2)).toEqual(['soaking', ms(11)])
    expect(look(10, 1)).toEqual(['collecting', Number.POSITIVE_INFINITY])
    expect(look(12, 2)).toEqual(['soaking', ms(22)])
    expect(look(21, 2)).toEqual(['soaking', ms(22)])
    expect(look(22, 0)).toEqual(['open', ms(22)])
  })

  test('asks for the verdicts once it has soaked, and for the approval once all have passed', () => {
    const asked = { approval: 'required' as const, verdicts: ['grafana', 'lab'] }
    const phases = twoPhases({ success_percent: 50, soak_minutes: 10, ...asked })
    const [first] = phases as [PhaseState, PhaseState]
    const stage = (minute: number) => {
      moveGates(phases, at(minute))
      return stageOf(phases, 0, at(minute))
    }
    const verdict = (verdict: 'pass' | 'fail', minute: number) => ({ verdict, at: at(minute) })
    expect(stage(0)).toBe('collecting')
    first.counts = countsOf({ success: 2 })
    expect(stage(1)).toBe('soaking')
    first.verdicts = { grafana: verdict('pass', 2) }
    expect(stage(10)).toBe('soaking')
    expect(stage(11)).toBe('awaiting_verdict')
    first.verdicts = { ...first.verdicts, lab: verdict('fail', 12) }
    expect(stage(12)).toBe('awaiting_verdict')
    first.verdicts = { ...first.verdicts, lab: verdict('pass', 13) }
    expect(stage(14)).toBe('awaiting_approval')
    expect(isOpen(phases, 1, at(10_000))).toBe(false)
    first.approved_at = at(15)
    expect(stage(20)).toBe('open')
    expect([first.gate_opened_at, phases[1]?.opened_at]).toEqual([at(15), at(15)])
  })

  test('without a percentage soaks since its phase opened', () => {
    const phases = phasesOf({ start_ts: at(5), gate: gateOf({ soak_minutes: 10 }), counts: countsOf() }, {})
    expect(stageOf(phases, 0, at(4))).toBe('closed')
    expect(opensBy(phases, 1, at(4))).toBe(ms(15))
    expect(stageOf(phases, 0, at(8))).toBe('soaking')
    moveGates(phases, at(8))
    expect(phases[0]).toMatchObject({ opened_at: at(5), held_since: at(5), gate_opened_at: null })
    moveGates(phases, at(60))
    expect([phases[0]?.gate_opened_at, phases[1]?.opened_at]).toEqual([at(15), at(15)])
  })

  test('of a phase whose start is long ago begins its soak at creation', () => {
    const drafts = phasesOf(
      { start_ts: at(-10_000), gate: gateOf({ soak_minutes: 10 }), counts: countsOf() },
      { start_ts: at(-9_000), counts: countsOf() },
    )
    const opened = openingsAtCreation(drafts, at(0))
    expect(opened).toEqual([at(0), null])
    const phases = drafts.map((phase, i) => ({ ...phase, opened_at: opened[i] ?? null }))
    expect(opensBy(phases, 1, at(0))).toBe(ms(10))
    moveGates(phases, at(9))
    expect(isOpen(phases, 1, at(9))).toBe(false)
    moveGates(phases, at(10))
    expect(phases[1]?.opened_at).toBe(at(10))
  })

  test('is left alone in deployments without gates, and in finished ones', () => {
    for (const changes of [{ rollout: null }, { rollout: rulesOf({ has_gates: true }), finished: at(0) }]) {
      const progress = progressOf({ ...changes, phases: twoPhases({ soak_minutes: 1 }) })
      advance(progress, at(10))
      expect([progress.phases[0]?.opened_at, progress.happened, progress.changed_phases.size]).toEqual([null, [], 0])
    }
  })
})

type Draft = { start: number | null; gate: Partial<Gate> | null; capacity: number | null }

const soak_minutes = fc.constantFrom(1, 3, 7)
const success_percent = fc.constantFrom(50, 100)
const gateDraft: fc.Arbitrary<Partial<Gate>> = fc.oneof(
  fc.record({ soak_minutes }),
  fc.record({ success_percent, soak_minutes }),
  fc
    .record(
      {
        ...{ success_percent, soak_minutes, approval: fc.constant('required' as const) },
        verdicts: fc.constant<string[]>(['grafana']),
      },
      { requiredKeys: [] },
    )
    .filter((gate) => Object.keys(gate).length > 0),
)

/** A start is some minutes after that of the phase before; null: only where the server allows none. */
const drafts: fc.Arbitrary<Draft[]> = fc
  .array(
    fc.record({
      start: fc.option(fc.nat(12)),
      gate: fc.option(gateDraft, { freq: 4 }),
      capacity: fc.constantFrom(4, 4, null),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((list) => {
    let latest = -5
    return list.map((draft, i) => {
      if (draft.start === null && (i === 0 || list[i - 1]?.gate)) return { ...draft, start: null }
      latest += draft.start ?? 0
      return { ...draft, start: latest }
    })
  })

function build(list: readonly Draft[]): PhaseState[] {
  const phases = phasesOf(
    ...list.map(({ start, gate, capacity }) => ({
      ...{ start_ts: start === null ? null : at(start), gate: gate && gateOf(gate), capacity, counts: countsOf() },
    })),
  )
  const opened = openingsAtCreation(phases, at(0))
  return phases.map((phase, i) => ({ ...phase, opened_at: opened[i] ?? null }))
}

/** Something that happens at a gate, or only time that passes. */
const events = fc.array(
  fc.record({
    minutes: fc.nat(6),
    phase: fc.nat(4),
    kind: fc.constantFrom('devices', 'devices', 'approve', 'verdict', 'open', 'look'),
    success: fc.nat(4),
  }),
  { maxLength: 12 },
)
type Happening = typeof events extends fc.Arbitrary<(infer One)[]> ? One : never

/** Only what the server allows: devices act on open phases, and who approves is asked to. */
function happen(phases: PhaseState[], { phase: index, kind, success }: Happening, now: string): void {
  const phase = phases[index]
  moveGates(phases, now)
  if (!phase?.gate) return
  if (kind === 'verdict') phase.verdicts = { grafana: { verdict: success > 1 ? 'pass' : 'fail', at: now } }
  if (kind === 'open') phase.gate_opened_at ??= now
  if (kind === 'approve' && stageOf(phases, index, now) === 'awaiting_approval') phase.approved_at = now
  if (kind === 'devices' && isOpen(phases, index, now)) phase.counts = countsOf({ success, failure: 4 - success })
  moveGates(phases, now)
}

describe('a chain of phases with gates', () => {
  test('opens one phase after the other: after its start and after every gate before it, and never closes one', () => {
    fc.assert(
      fc.property(drafts, events, (list, happenings) => {
        const phases = build(list)
        let minute = 0
        let opened: (string | null)[] = []
        for (const one of happenings) {
          minute += one.minutes
          happen(phases, one, at(minute))
          phases.forEach(({ opened_at, start_ts }, i) => {
            const gates = phases.slice(0, i).filter(({ gate }) => gate !== null)
            expect(isOpen(phases, i, at(minute))).toBe(opened_at !== null)
            if (opened_at === null) return
            expect(opened_at <= at(minute) && opened_at >= at(0) && opened_at >= (start_ts ?? '')).toBe(true)
            for (const { gate_opened_at } of gates) expect(gate_opened_at! <= opened_at).toBe(true)
            if (i > 0) expect(phases[i - 1]!.opened_at! <= opened_at).toBe(true)
          })
          opened.forEach((time, i) => {
            if (time !== null) expect(phases[i]?.opened_at).toBe(time)
          })
          opened = phases.map(({ opened_at }) => opened_at)
        }
      }),
    )
  })

  test('reports each gate and each phase but the first once, in the order in which they opened', () => {
    fc.assert(
      fc.property(drafts, events, (list, happenings) => {
        const phases = build(list)
        const at_creation = phases.map(({ opened_at }) => opened_at !== null)
        const seen: string[] = []
        const note = (happened: GateEvent[]) => {
          for (const { kind, phase, at } of happened) seen.push(`${at} ${phase} ${kind}`)
        }
        let minute = 0
        for (const one of happenings) {
          minute += one.minutes
          note(moveGates(phases, at(minute)).events)
          if (one.kind === 'devices') phases[0]!.counts = countsOf({ success: one.success })
          note(moveGates(phases, at(minute)).events)
        }
        const times = seen.map((text) => text.split(' ')[0])
        expect(times).toEqual(times.toSorted())
        expect(new Set(seen).size).toBe(seen.length)
        const expected = phases.flatMap(({ opened_at, gate_opened_at }, i) => [
          ...(opened_at && i > 0 && !at_creation[i] ? [`${opened_at} ${i} phase_opened`] : []),
          ...(gate_opened_at ? [`${gate_opened_at} ${i} gate_opened`] : []),
        ])
        expect(seen.toSorted()).toEqual(expected.toSorted())
      }),
    )
  })

  test('opens by time alone when it says so, and no phase otherwise: a search over time finds the same', () => {
    const HORIZON = 80
    fc.assert(
      fc.property(drafts, events, (list, happenings) => {
        const phases = build(list)
        let minute = 0
        for (const one of happenings) {
          minute += one.minutes
          happen(phases, one, at(minute))
        }
        moveGates(phases, at(minute))
        const now = at(minute)
        const predicted = phases.map((_, i) => [opensBy(phases, i, now), gateOpensBy(phases, i, now)])
        const next = nextOpening(phases, now)
        const future = structuredClone(phases)
        const found = phases.map(() => [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
        for (let later = minute; later <= minute + HORIZON; later++) {
          moveGates(future, at(later))
          future.forEach((phase, i) => {
            if (phase.opened_at) found[i]![0] = Math.min(found[i]![0]!, ms(later))
            if (phase.gate_opened_at) found[i]![1] = Math.min(found[i]![1]!, ms(later))
          })
        }
        found.forEach(([phase_ms, gate_ms], i) => {
          expect(Math.max(predicted[i]![0]!, ms(minute))).toBe(phase_ms)
          if (phases[i]?.gate) expect(Math.max(predicted[i]![1]!, ms(minute))).toBe(gate_ms)
        })
        const later = found.flatMap(([phase_ms]) => (phase_ms! > ms(minute) ? [phase_ms!] : []))
        expect(next).toBe(Math.min(...later, Number.POSITIVE_INFINITY))
        for (const [i, [phase_ms]] of found.entries())
          expect(nextOpening(phases, now, i)).toBe(phase_ms! > ms(minute) ? phase_ms : Number.POSITIVE_INFINITY)
        expect(openPhase(phases, now)).toBe(found[0]?.[0] === ms(minute) ? 0 : undefined)
      }),
      { numRuns: 200 },
    )
  })
})
