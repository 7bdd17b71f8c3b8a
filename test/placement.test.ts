import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conditionsOfPlaces, type PhasePlace, toExclude, toPlace } from '../src/deployments/placement.ts'
import { rankOf } from '../src/deployments/rollout/rank.ts'
import type { Filterable, Term } from '../src/inventory/filter.ts'
import { filterable } from './support/filterable.ts'

const deviceOf = (id: string, region = 'eu'): Filterable => ({ ...filterable({ region }), id })
const inRegion = (value: string): Term => ({ scope: 'inventory', attribute: 'region', type: '$eq', value })
const filterOf = (...terms: Term[]) => ({ id: 'f', name: 'saved', terms })

const named = (...device_ids: string[]): PhasePlace => ({ named: { device_ids }, rank_below: null })
const matching = (region: string): PhasePlace => ({ named: { filter: filterOf(inRegion(region)) }, rank_below: null })
const anyDevice = (rank_below: number | null = null): PhasePlace => ({ named: null, rank_below })

const placed = (places: PhasePlace[] | null, { is_random = false } = {}) =>
  toPlace({ id: 'deployment', exclude: null, is_random, places })

describe('the exclusion of a deployment', () => {
  test('is of the devices that it names, and of those that match its filter at the moment', () => {
    const excludes = toExclude({ exclude: { device_ids: ['a'], filter: filterOf(inRegion('us')) } })
    expect([excludes(deviceOf('a')), excludes(deviceOf('b')), excludes(deviceOf('b', 'us'))]).toEqual([
      ...[true, false, true],
    ])
  })

  test('without a filter is of the named devices only, and without both of none', () => {
    expect(toExclude({ exclude: { device_ids: ['a'] } })(deviceOf('b'))).toBe(false)
    expect(toExclude({ exclude: null })(deviceOf('a'))).toBe(false)
  })
})

describe('the phase of a device', () => {
  test('is any one if phases name no devices and have no ranks', () => {
    expect(placed(null)(deviceOf('a'))).toBeNull()
  })

  test('is the first one that names it, by its id or by its attributes', () => {
    const phaseOf = placed([named('a', 'b'), matching('eu'), named('a', 'c'), anyDevice()])
    expect(phaseOf(deviceOf('a'))).toBe(0)
    expect(phaseOf(deviceOf('b', 'us'))).toBe(0)
    expect(phaseOf(deviceOf('c'))).toBe(1)
    expect(phaseOf(deviceOf('c', 'us'))).toBe(2)
    expect(phaseOf(deviceOf('d', 'us'))).toBeNull()
  })

  test('in random order is the one of its rank, unless a phase names it', () => {
    const half = 2 ** 51
    const phaseOf = placed([named('a'), anyDevice(half), anyDevice()], { is_random: true })
    fc.assert(
      fc.property(fc.string(), (id) => {
        const expected = id === 'a' ? 0 : rankOf('deployment', id) < half ? 1 : 2
        expect(phaseOf(deviceOf(id))).toBe(expected)
      }),
    )
    expect(phaseOf(deviceOf('a'))).toBe(0)
  })

  test('does not depend on the devices that asked before, nor on the process', () => {
    const places = [anyDevice(2 ** 50), anyDevice(2 ** 51), anyDevice()]
    const ids = Array.from({ length: 200 }, (_, i) => `device-${i}`)
    const phases = ids.map((id) => placed(places, { is_random: true })(deviceOf(id)))
    const other = placed(places, { is_random: true })
    expect(ids.toReversed().map((id) => other(deviceOf(id)))).toEqual(phases.toReversed())
    expect(new Set(phases)).toEqual(new Set([0, 1, 2]))
  })
})

test('the attributes that decide are those of all filters, of phases and of the exclusion', () => {
  const [eu, us, lab] = [inRegion('eu'), inRegion('us'), inRegion('lab')]
  const places = [named('a'), { named: { filter: filterOf(us, lab) }, rank_below: null }, anyDevice()]
  expect(conditionsOfPlaces({ exclude: { device_ids: [], filter: filterOf(eu) }, places })).toEqual([eu, us, lab])
  expect(conditionsOfPlaces({ exclude: null, places: null })).toEqual([])
})
