import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDateTime } from '../src/deployments/date-time.ts'
import { openPhase } from '../src/deployments/phase-state.ts'
import { type NewPhase, readNewPhases, sizePhases, withoutEmptyPhases } from '../src/deployments/phases.ts'
import { phasesOf } from './support/progress.ts'

const planPhases = (phases: NewPhase[], devices: number, { dynamic }: { dynamic: boolean }) =>
  sizePhases(readNewPhases(phases), { devices, dynamic, named: phases.map(() => null) })

const later = (n: number) => new Date(Date.UTC(2030, 0, 1 + n)).toISOString()
const rest = (percents: number[]): NewPhase[] => [
  ...percents.map((batch_size, i) => (i === 0 ? { batch_size } : { batch_size, start_ts: later(i) })),
  { start_ts: later(percents.length) },
]

const percents = fc
  .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })
  .filter((list) => list.reduce((a, b) => a + b, 0) < 100)

describe('planning phases', () => {
  test('rounds each batch down with whole numbers and gives the last one the rest', () => {
    const phases = planPhases(rest([13, 17, 29]), 101, { dynamic: false })
    expect(phases.map(({ capacity }) => capacity)).toEqual([13, 17, 29, 42])
    expect(planPhases(rest([29]), 100, { dynamic: false })[0]?.capacity).toBe(29)
  })

  test('shows the remainder percent on the last phase', () => {
    expect(planPhases(rest([10, 45]), 100, { dynamic: true }).map(({ batch_size }) => batch_size)).toEqual([10, 45, 45])
    expect(planPhases([{}], 3, { dynamic: false })).toEqual([
      { batch_size: 100, start_ts: null, capacity: 3, gate: null },
    ])
    expect(
      planPhases([{ batch_size: 10 }, { batch_size: 20, start_ts: later(1) }], 10, { dynamic: false }).map(
        ({ batch_size }) => batch_size,
      ),
    ).toEqual([10, 90])
  })

  test('names the first phase that would be empty', () => {
    const text = 'Attempt to create a batch with zero devices not allowed. Batch: (3) will be empty'
    expect(() => planPhases(rest([10, 20, 5]), 11, { dynamic: false })).toThrow(text)
    expect(() => planPhases(rest([10]), 0, { dynamic: true })).toThrow('Batch: (1) will be empty')
    expect(() => planPhases([{ batch_size: 100 }, { start_ts: later(1) }], 10, { dynamic: false })).toThrow(
      'Batch: (2) will be empty',
    )
  })

  test('allows a single phase of a dynamic deployment to start without devices', () => {
    expect(planPhases([{ batch_size: 100, start_ts: later(0) }], 0, { dynamic: true })).toEqual([
      { batch_size: 100, start_ts: later(0), capacity: null, gate: null },
    ])
  })

  test.each<[string, NewPhase[]]>([
    ['phases.0.batch_size: cannot be blank', [{}, { start_ts: later(1) }]],
    ['phases.1.start_ts: cannot be blank', [{ batch_size: 10 }, {}]],
    ['phases.1.start_ts: cannot be blank', [{ batch_size: 10 }, { start_ts: null }]],
    ['between 1 and 100', [{ batch_size: 0 }, { start_ts: later(1) }]],
    ['between 1 and 100', [{ batch_size: 101 }]],
    ['add up to more than 100', [{ batch_size: 60 }, { batch_size: 41, start_ts: later(1) }]],
    ['must not be before', [{ batch_size: 10, start_ts: later(2) }, { start_ts: later(1) }]],
    ['must be a date-time', [{ start_ts: 'tomorrow' }]],
  ])('rejects: %s', (text, phases) => {
    expect(() => planPhases(phases, 100, { dynamic: true })).toThrow(text)
  })

  test('accepts start times that are equal, microseconds apart or in the past', () => {
    const phases = planPhases(
      [
        { batch_size: 10, start_ts: '2019-07-07T21:16:17.063001Z' },
        { batch_size: 10, start_ts: '2019-07-07T21:16:17.063002Z' },
        { start_ts: '2019-07-07T21:16:17.063+0000' },
      ],
      100,
      { dynamic: true },
    )
    expect(phases.map(({ start_ts }) => start_ts)).toEqual(Array(3).fill('2019-07-07T21:16:17.063Z'))
  })
})

describe('phases for named devices', () => {
  const lab = { device_ids: ['a', 'b'], gate: { success_percent: 100 } }
  const capacities = (phases: NewPhase[], named: (number | null)[], devices = 100) =>
    sizePhases(readNewPhases(phases), { devices, named, dynamic: false }).map(({ capacity }) => capacity)

  test('are taken out of the number of devices before the percentages are', () => {
    expect(capacities([lab, { batch_size: 10, gate: { soak_minutes: 5 } }, {}], [20, null, null])).toEqual([20, 8, 72])
    const last = { device_ids: ['c'], start_ts: later(1) }
    expect(capacities([{ batch_size: 50 }, { start_ts: later(0) }, last], [null, null, 3], 11)).toEqual([4, 4, 3])
  })

  test('and all others add up to the devices, whatever the sizes', () => {
    fc.assert(
      fc.property(percents, fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }), (list, sizes) => {
        const phases = [
          ...sizes.map(() => lab),
          ...list.map((batch_size) => ({ batch_size, gate: { soak_minutes: 1 } })),
          {},
        ]
        const named = phases.map((_, i) => sizes[i] ?? null)
        const devices = 1000 + sizes.reduce((sum, size) => sum + size, 0)
        const found = capacities(phases, named, devices).map((capacity) => capacity as number)
        expect(found.reduce((sum, capacity) => sum + capacity, 0)).toBe(devices)
        list.forEach((percent, i) => {
          expect(found[sizes.length + i]).toBe(percent * 10)
        })
      }),
    )
  })

  test.each<[string, NewPhase[]]>([
    ['phases.0.filter_id: cannot be used together with device_ids', [{ ...lab, filter_id: 'f' }, {}]],
    ['phases.0.batch_size: cannot be used in a phase for named devices', [{ ...lab, batch_size: 10 }, {}]],
    ['phases.0.device_ids: must name a device', [{ ...lab, device_ids: [] }, {}]],
    ['phases: must have a phase that is not for named devices', [lab, { device_ids: ['c'] }]],
    ['phases.1.gate: cannot be used in the last phase', [lab, { gate: { soak_minutes: 1 } }]],
  ])('are refused: %s', (text, phases) => {
    expect(() => readNewPhases(phases)).toThrow(text)
  })
})

test('the phase of a dynamic deployment that takes all others has no gate', () => {
  const read = readNewPhases([{ batch_size: 100, gate: { success_percent: 90 } }, { device_ids: ['a'] }])
  const sizes = { devices: 10, named: [null, 1] }
  expect(sizePhases(read, { ...sizes, dynamic: false })).toMatchObject([{ capacity: 9 }, { capacity: 1 }])
  expect(() => sizePhases(read, { ...sizes, dynamic: true })).toThrow('phases.0.gate: cannot be used')
})

describe('the phases of a recipe', () => {
  const fitting = (phases: NewPhase[], devices: number) => {
    const named = phases.map(() => null)
    return withoutEmptyPhases(readNewPhases(phases), { devices, named, dynamic: false })
  }
  const gate = { success_percent: 90 }

  test('have at least one device each, as far as there are devices', () => {
    const phases = [{ batch_size: 1, gate }, { batch_size: 10, gate }, { batch_size: 50, gate }, {}]
    const sizes = (devices: number, dynamic = false) => {
      const kept = withoutEmptyPhases(readNewPhases(phases), { devices, named: phases.map(() => null), dynamic })
      const named = kept.map(() => null)
      return sizePhases(kept, { devices, named, dynamic, is_recipe: true }).map(({ capacity }) => capacity)
    }
    expect([100, 99, 20, 3, 2, 1].map((devices) => sizes(devices))).toEqual([
      ...[
        [1, 10, 50, 39],
        [1, 9, 49, 40],
        [1, 2, 10, 7],
      ],
      ...[[1, 1, 1], [1, 1], [1]],
    ])
    expect(sizes(0, true)).toEqual([1, 1, 1, null])
  })

  test('start no earlier because those before them are left out', () => {
    const starts = (phases: NewPhase[], devices: number) => fitting(phases, devices).map(({ start_ts }) => start_ts)
    const delayed = [{ batch_size: 50 }, { batch_size: 1, start_ts: later(3), gate }, {}]
    expect(starts(delayed, 100)).toEqual([null, later(3), null])
    expect(starts(delayed, 1)).toEqual([null])
    const scheduled = [
      { batch_size: 1, start_ts: later(1), gate },
      { batch_size: 1, gate },
      { batch_size: 50, gate },
      {},
    ]
    expect(starts(scheduled, 10)).toEqual([later(1), null, null, null])
    expect(starts(scheduled, 2)).toEqual([later(1), null])
  })

  test('are those for named devices only, if these are all devices of a static deployment', () => {
    const phases = readNewPhases([{ filter_id: 'lab', gate }, { batch_size: 10, gate }, {}])
    const kept = (dynamic: boolean) =>
      withoutEmptyPhases(phases, { devices: 5, named: [5, null, null], dynamic }).map(({ index, gate }) => [
        index,
        gate,
      ])
    expect(kept(false)).toEqual([[0, null]])
    expect(kept(true)).toMatchObject([
      [0, gate],
      [1, gate],
      [2, null],
    ])
  })

  test('have no gate in the last one', () => {
    const named = [null, 0]
    const phases = readNewPhases([{ gate }, { device_ids: ['gone'] }])
    expect(withoutEmptyPhases(phases, { devices: 10, named, dynamic: true })).toMatchObject([{ index: 0, gate: null }])
  })
})

test('capacities of a static deployment add up to its devices, none is 0, and each is rounded down exactly', () => {
  fc.assert(
    fc.property(percents, fc.integer({ min: 100, max: 100_000 }), (list, devices) => {
      const phases = planPhases(rest(list), devices, { dynamic: false })
      const capacities = phases.map(({ capacity }) => capacity as number)
      expect(capacities.reduce((a, b) => a + b, 0)).toBe(devices)
      expect(phases.reduce((sum, { batch_size }) => sum + batch_size, 0)).toBe(100)
      list.forEach((percent, i) => {
        expect(capacities[i]).toBe(Number((BigInt(percent) * BigInt(devices)) / 100n))
        expect(capacities[i]).toBeGreaterThan(0)
      })
    }),
  )
})

test('devices fill open phases in order, never above capacity, and all open capacity is used', () => {
  fc.assert(
    fc.property(
      percents,
      fc.integer({ min: 100, max: 1000 }),
      fc.array(fc.nat(7), { maxLength: 300 }),
      (list, devices, days) => {
        const planned = planPhases(rest(list), devices, { dynamic: false })
        const phases = phasesOf(...planned.map(({ start_ts, capacity }) => ({ start_ts, capacity })))
        for (const day of days.sort((a, b) => a - b)) {
          const now = later(day)
          const index = openPhase(phases, now)
          const open = phases.filter(({ start_ts }) => start_ts === null || start_ts <= now)
          const has_capacity = open.some(({ capacity, device_count }) => device_count < (capacity ?? Infinity))
          expect(index !== undefined).toBe(has_capacity)
          if (index === undefined) continue
          expect(phases.slice(0, index).every(({ capacity, device_count }) => device_count === capacity)).toBe(true)
          phases[index]!.device_count++
          expect(phases[index]!.device_count).toBeLessThanOrEqual(phases[index]!.capacity as number)
        }
      },
    ),
  )
})

describe('date-times', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05.1+00:00', '2026-01-02T03:04:05.100Z'],
    ['2019-07-07T21:16:17.063+0000', '2019-07-07T21:16:17.063Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
    ['2026-01-01T00:30:00-0130', '2026-01-01T02:00:00.000Z'],
  ])('%s is %s', (text, date) => {
    expect(readDateTime('start_ts', text)).toBe(date)
  })

  test.each([
    '',
    '2026-01-02',
    '2026-01-02 03:04:05Z',
    '2026-02-30T00:00:00Z',
    '2026-01-02T25:00:00Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05+99:00',
    '1e9',
    '+275760-09-13T00:00:00Z',
  ])('%j is rejected', (text) => {
    expect(() => readDateTime('start_ts', text)).toThrow('must be a date-time')
  })

  test('any instant is preserved in any offset', () => {
    const instants = fc.date({ min: new Date('1971-01-01'), max: new Date('2999-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(instants, fc.integer({ min: -720, max: 840 }), fc.boolean(), (date, minutes, colon) => {
        const sign = minutes < 0 ? '-' : '+'
        const [hh, mm] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
          String(part).padStart(2, '0'),
        )
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1)
        expect(readDateTime('start_ts', `${local}${sign}${hh}${colon ? ':' : ''}${mm}`)).toBe(date.toISOString())
      }),
    )
  })
})
