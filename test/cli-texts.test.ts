import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGate } from '../src/cli/deployments/gate-text.ts'
import { readPhase } from '../src/cli/deployments/phase-text.ts'
import { readBlackout, readWindow } from '../src/cli/deployments/schedule-text.ts'
import { readDuration, readMinutes } from '../src/cli/duration.ts'
import { readFilterTerm, writeFilterTerm } from '../src/cli/filters/filter-term-text.ts'
import { progressLines } from '../src/cli/progress/render.ts'
import { table } from '../src/cli/remote/print.ts'
import type { Deployment } from '../src/deployments/deployment.ts'
import { type FilterTerm, OPERATORS, SCOPES, type Term } from '../src/inventory/filter.ts'

const inventory = (attribute: string, type: string, value: Term['value']): Term => ({
  ...{ scope: 'inventory', attribute, type, value },
})

const TAG = { scope: 'tags', attribute: 'c', type: '$exists', value: true }
const group = (type: string, ...terms: FilterTerm[]): FilterTerm => ({ type, terms })

describe('a term', () => {
  test.each([
    ['inventory/region == eu', inventory('region', '$eq', 'eu')],
    ['  inventory/region   !=   eu west  ', inventory('region', '$ne', 'eu west')],
    ['inventory/cpus == 4', inventory('cpus', '$eq', '4')],
    ['inventory/cpus == number(4)', inventory('cpus', '$eq', 4)],
    ['inventory/memory >= number(20.5)', inventory('memory', '$gte', 20.5)],
    ['inventory/version < "10"', inventory('version', '$lt', '10')],
    ['inventory/version > 1.2.3', inventory('version', '$gt', '1.2.3')],
    ['inventory/region in eu, us', inventory('region', '$in', ['eu', 'us'])],
    ['inventory/region nin [eu, "a, b", number(3)]', inventory('region', '$nin', ['eu', 'a, b', 3])],
    ['inventory/region in []', inventory('region', '$in', [])],
    ['inventory/ips == [a, b]', inventory('ips', '$eq', ['a', 'b'])],
    ['tags/pilot exists', { scope: 'tags', attribute: 'pilot', type: '$exists', value: true }],
    ['tags/pilot exists false', { scope: 'tags', attribute: 'pilot', type: '$exists', value: false }],
    ['inventory/os version>= 2.4.0-rc.1', inventory('os', '$version_gte', '2.4.0-rc.1')],
    ['inventory/os version< 2', inventory('os', '$version_lt', '2')],
    ['inventory/os version > 2.a', inventory('os version', '$gt', '2.a')],
    ['inventory/host =~ ^[gh]w-[0-9]+$', inventory('host', '$regex', '^[gh]w-[0-9]+$')],
    ['(inventory/a == b) or (tags/c exists)', group('$or', inventory('a', '$eq', 'b'), TAG)],
    ['  not(inventory/a =~ ^(b|c)$ )', group('$not', inventory('a', '$regex', '^(b|c)$'))],
    ['(inventory/a == b) and not (tags/c exists)', group('$and', inventory('a', '$eq', 'b'), group('$not', TAG))],
    [
      '((tags/c exists) or (tags/c exists))and(inventory/a == ")")',
      group('$and', group('$or', TAG, TAG), inventory('a', '$eq', ')')),
    ],
    ['((inventory/a == b))', inventory('a', '$eq', 'b')],
    ['inventory/kernel/name == "number(5)"', inventory('kernel/name', '$eq', 'number(5)')],
    ['inventory/"odd name == x" == ""', inventory('odd name == x', '$eq', '')],
  ])('%s is parsed', (text, term) => {
    expect(readFilterTerm(text)).toEqual(term)
  })

  test.each([
    ['inventory/region=eu', 'spaces around the operator'],
    ['region == eu', 'scope/attribute operator value'],
    ['inventory/region ==', 'a value must follow =='],
    ['inventory/region like eu', 'scope/attribute operator value'],
    ['inventory/memory > 5', 'use number(5) to compare numbers, or "5"'],
    ['inventory/memory > number(five)', '"five" is not a number'],
    ['inventory/region in eu,,us', 'a value is missing in the list'],
    ['inventory/region in [eu', 'a list must end with ]'],
    ['inventory/region == "eu', 'must end with one'],
    ['(inventory/a == b) or inventory/c == d', 'put brackets around each condition'],
    ['(inventory/a == b) xor (inventory/c == d)', 'only "and" or "or" can follow'],
    ['(inventory/a == b) or (inventory/c == d) and (inventory/e == f)', 'put brackets around the conditions that'],
    ['(inventory/a == (b)', 'a bracket is not closed: put values with brackets'],
    ['not (inventory/a = b)', 'with spaces around the operator'],
    ['inventory/region exists maybe', 'exists must be followed by true, false or nothing'],
  ])('%s is rejected with a message', (text, problem) => {
    expect(() => readFilterTerm(text)).toThrow(problem)
  })

  test('survives formatting and parsing', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('number(5)', '[a]', '5', ' a', '"', 'a, b', '(a) or (b)', ')', '(', '^(a|b)$'),
    )
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
    const scalar = fc.oneof(text, number, fc.boolean())
    const condition = fc.oneof(
      fc.record({ type: fc.constantFrom('$eq', '$ne'), value: fc.oneof(scalar, fc.array(scalar)) }),
      fc.record({ type: fc.constantFrom('$in', '$nin'), value: fc.array(scalar) }),
      fc.record({ type: fc.constantFrom('$gt', '$gte', '$lt', '$lte', '$ltne'), value: fc.oneof(text, number) }),
      fc.record({ type: fc.constant('$regex'), value: text }),
      fc.record({ type: fc.constantFrom(...OPERATORS.filter((one) => one.startsWith('$version_'))), value: text }),
      fc.record({ type: fc.constant('$exists'), value: fc.boolean() }),
    )
    const attribute = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('a in b', '"', '"a"', 'a == b', 'a/b', '(', 'a)'),
    )
    const { term } = fc.letrec<{ term: FilterTerm }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 3 },
        fc
          .tuple(fc.constantFrom(...SCOPES), attribute, condition)
          .map(([scope, attribute, { type, value }]) => ({ scope, attribute, type, value })),
        fc.record({
          type: fc.constantFrom('$and', '$or'),
          terms: fc.array(tie('term'), { minLength: 2, maxLength: 3 }),
        }),
        fc.record({ type: fc.constant('$not'), terms: fc.tuple(tie('term')) }),
      ) as fc.Arbitrary<FilterTerm>,
    }))
    fc.assert(
      fc.property(term, (one) => {
        expect(readFilterTerm(writeFilterTerm(one))).toEqual(one)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a phase', () => {
  const now = Date.parse('2030-01-01T00:00:00Z')

  test.each([
    ['10%', { batch_size: 10 }],
    ['rest', {}],
    ['30 % at 2030-01-01T08:00Z', { batch_size: 30, start_ts: '2030-01-01T08:00:00.000Z' }],
    ['rest at 2030-01-01T08:00:30+02:00', { start_ts: '2030-01-01T06:00:30.000Z' }],
    ['rest in 2h', { start_ts: '2030-01-01T02:00:00.000Z' }],
    ['5% in 1d1h30m', { batch_size: 5, start_ts: '2030-01-02T01:30:00.000Z' }],
    ['5% gate 95% soak 2h', { batch_size: 5, gate: { success_percent: 95, soak_minutes: 120 } }],
    ['5 % soak 2h, gate 95%', { batch_size: 5, gate: { success_percent: 95, soak_minutes: 120 } }],
    [
      'filter lab: gate 100%, soak 1d, approval other_user',
      { filter: 'lab', gate: { success_percent: 100, soak_minutes: 1440, approval: 'other_user' } },
    ],
    ['filter "the lab" in 2h', { filter: 'the lab', start_ts: '2030-01-01T02:00:00.000Z' }],
    [
      'devices a,b: at 2030-01-01T08:00Z, gate approval',
      { device_ids: ['a', 'b'], start_ts: '2030-01-01T08:00:00.000Z', gate: { approval: 'required' } },
    ],
    ['10% gate 95% in 2h', { batch_size: 10, start_ts: '2030-01-01T02:00:00.000Z', gate: { success_percent: 95 } }],
  ])('%s is parsed', (text, phase) => {
    expect(readPhase(text, now)).toEqual(phase)
  })

  test.each([
    ['ten', 'is not a phase'],
    ['10', 'is not a phase'],
    ['10% in 2 hours', '"2" is not a duration'],
    ['5% 95%', 'is not a phase'],
    ['5% gate', 'is not a phase'],
    ['filter the lab', 'is not a phase'],
    ['filter', 'is not a phase'],
    ['5% gate 95% at', '"" is not a time'],
    ['5% in 1h in 2h', 'is not a phase'],
    ['10% in 2y', 'is not a duration'],
    ['10% in 999999999d', 'is not a duration'],
    ['10% at 2030-01-01T08:00', 'is not a time'],
    ['10% at 2030-02-30T08:00Z', 'is not a time'],
  ])('%s is rejected with a message', (text, problem) => {
    expect(() => readPhase(text, now)).toThrow(problem)
  })
})

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['', undefined],
  ['5', undefined],
  ['-5s', undefined],
])('the duration %j is %j ms', (text, ms) => {
  expect(readDuration(text)).toBe(ms)
})

test.each([
  ['90m', 90],
  ['1d2h', 1560],
  ['120s', 2],
  ['90s', undefined],
  ['0m', undefined],
  ['2', undefined],
])('the duration %j is %j whole minutes', (text, minutes) => {
  expect(readMinutes(text)).toBe(minutes)
})

describe('a gate', () => {
  test.each([
    ['90%', { success_percent: 90 }],
    ['90% soak 2h', { success_percent: 90, soak_minutes: 120 }],
    ['soak 2h, 90%', { success_percent: 90, soak_minutes: 120 }],
    ['95% of ended', { success_percent: 95, of: 'ended' }],
    ['95% of 50 ended soak 1d', { success_percent: 95, of: 'ended', min_ended: 50, soak_minutes: 1440 }],
    ['50 ended', { of: 'ended', min_ended: 50 }],
    ['approval', { approval: 'required' }],
    ['approval required soak 1h', { approval: 'required', soak_minutes: 60 }],
    ['verdict grafana,sentry approval other_user', { verdicts: ['grafana', 'sentry'], approval: 'other_user' }],
  ])('%s is parsed', (text, gate) => {
    expect(readGate(text)).toEqual(gate)
  })

  test.each([
    ['', 'A gate cannot be empty'],
    ['most', 'is not a gate'],
    ['95% 96%', 'each condition only once'],
    ['95% of all', '"of" must be followed by'],
    ['soak', '"soak" must be followed by whole minutes'],
    ['soak 90s', '"soak" must be followed by whole minutes'],
    ['verdict', 'The name of a program must follow'],
    ['approval boss', 'is not a gate'],
  ])('%j is rejected with a message', (text, problem) => {
    expect(() => readGate(text)).toThrow(problem)
  })
})

describe('a window', () => {
  test.each([
    ['sat,sun 01:00-05:00', { days: ['sat', 'sun'], from: '01:00', to: '05:00' }],
    ['Mon - Fri 22:00 - 4:00', undefined],
    ['Mon-Fri 22:00 - 4:00', { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '04:00' }],
    ['sat-mon, wed 01:00-05:00', { days: ['mon', 'wed', 'sat', 'sun'], from: '01:00', to: '05:00' }],
    ['01:00-05:00', { from: '01:00', to: '05:00' }],
    ['weekend 01:00-05:00', undefined],
    ['sat', undefined],
    ['sat 1-5', undefined],
  ])('%j is %j', (text, window) => {
    if (window) expect(readWindow(text)).toEqual(window)
    else expect(() => readWindow(text)).toThrow('is not a window')
  })

  test('does not apply in a blackout, which is a range of days', () => {
    expect(readBlackout('2026-12-20..2027-01-02')).toEqual({ from: '2026-12-20', to: '2027-01-02' })
    expect(readBlackout('2026-12-24')).toEqual({ from: '2026-12-24', to: '2026-12-24' })
    expect(() => readBlackout('christmas')).toThrow('is not a blackout')
  })
})

test('a table replaces control characters, so that names of devices cannot control the terminal', () => {
  expect(table([{ name: 'a\x1b[2Jb\nc' }], [['NAME', ({ name }) => name]])).toBe('NAME\na?[2Jb?c')
})

describe('the progress bar of a deployment', () => {
  const shown = (counts: object, changes: object = {}) => {
    const deployment = {
      ...{ max_devices: 10, initial_device_count: 10, dynamic: true, device_count: 10 },
      ...{ statistics: { status: counts }, ...changes },
    }
    return progressLines(deployment as unknown as Deployment, 0)[0]
  }
  const full = (cells: number) => `${'█'.repeat(cells)}${'░'.repeat(30 - cells)}`

  test.each([
    ['every device has started and none has finished', { pending: 4, downloading: 6 }, 0],
    ['some have finished, with any result', { success: 4, failure: 1, noartifact: 1, installing: 4 }, 18],
    ['all but one have finished', { success: 9, rebooting: 1 }, 27],
    ['all have finished', { success: 8, 'already-installed': 1, aborted: 1 }, 30],
  ])('shows how many have finished: %s', (_when, counts, cells) => {
    expect(shown(counts)).toContain(`Phase 1  100 %  ${full(cells)}  10 of 10 started · `)
  })

  test('is never full before the last device has finished', () => {
    const target = { max_devices: 1000, device_count: 1000 }
    expect(shown({ success: 999, pending: 1 }, target)).toContain(full(29))
    expect(shown({ success: 1000 }, target)).toContain(full(30))
  })

  test('covers the devices known so far if there is no device limit', () => {
    const open = { max_devices: undefined, device_count: 4 }
    expect(shown({ success: 2, failure: 1, installing: 1 }, open)).toContain(
      `${full(9)}  4 started · 2 updated · 1 failed`,
    )
  })

  test('states when the next phase opens', () => {
    const phase = (start_ts: string, capacity?: number) => ({
      ...{ id: 'p', batch_size: 50, start_ts, capacity, device_count: 0, statistics: { status: {} } },
    })
    const phases = [phase('1970-01-01T00:00:00.000Z', 5), phase('1970-01-01T03:00:00.000Z')]
    const deployment = { max_devices: 9, initial_device_count: 9, dynamic: true, statistics: { status: {} }, phases }
    const lines = (now: number) => progressLines(deployment as unknown as Deployment, now)
    expect(lines(0)[1]).toMatch(/opens in 3 hours$/)
    expect(lines(10_799_000)[1]).toMatch(/opens in a moment$/)
    expect(lines(11_000_000)[1]).toMatch(/0 of 4 started$/)
  })
})
