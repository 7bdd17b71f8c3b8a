import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DispatchIndex } from '../src/deployments/dispatch-index.ts'
import { compile, type FilterTerm, type Term } from '../src/inventory/filter.ts'
import { filterable, groupsOf } from './support/filterable.ts'

const value = fc.constantFrom('a', 'b', 'c')
const term: fc.Arbitrary<Term> = fc.oneof(
  fc.record({
    scope: fc.constant('inventory'),
    attribute: fc.constantFrom('x', 'y'),
    type: fc.constantFrom('$eq', '$ne'),
    value,
  }),
  fc.record({
    scope: fc.constant('inventory'),
    attribute: fc.constantFrom('x', 'y'),
    type: fc.constant('$in'),
    value: fc.array(value, { minLength: 1 }),
  }),
) as fc.Arbitrary<Term>
const { node } = groupsOf(term)
const filters = fc.array(fc.array(node, { maxLength: 3 }), { maxLength: 8 })

const device = (x: string, y: string) => filterable({ x, y })

test('every filter that matches a device is a candidate exactly once, after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 4 }), fc.array(fc.nat(20)), value, value, (batches, leaving, x, y) => {
      const index = new DispatchIndex<{ terms: FilterTerm[] }>()
      const entries = batches.flatMap((batch) => {
        const added = batch.map((terms) => ({ terms }))
        index.add(added)
        return added
      })
      const gone = new Set(leaving.flatMap((i) => entries[i] ?? []))
      for (const entry of gone) index.remove(entry)
      const candidates = index.candidates(device(x, y))
      const matching = entries.filter((entry) => !gone.has(entry) && compile(entry.terms)(device(x, y)))
      expect(candidates).toEqual(expect.arrayContaining(matching))
      expect(new Set(candidates).size).toBe(candidates.length)
      expect(candidates.filter((entry) => gone.has(entry))).toEqual([])
    }),
  )
})

test('a filter on a distinct value is a candidate only for devices that have this value', () => {
  const index = new DispatchIndex<{ terms: Term[] }>()
  const at = (site: string) => ({
    terms: [
      { scope: 'inventory', attribute: 'x', type: '$eq', value: 'all alike' },
      { scope: 'inventory', attribute: 'y', type: '$eq', value: site },
    ] as Term[],
  })
  const sites = ['a', 'b', 'c'].map(at)
  index.add(sites)
  const late = at('late')
  index.add([late])
  expect(index.candidates(device('all alike', 'late'))).toEqual([late])
  expect(index.candidates(device('all alike', 'a'))).toEqual([sites[0]])
})

test('a filter of alternatives is a candidate only for devices that may meet one of them', () => {
  const index = new DispatchIndex<{ terms: FilterTerm[] }>()
  const is = (attribute: string, value: string): Term => ({ scope: 'inventory', attribute, type: '$eq', value })
  const not = (one: FilterTerm): FilterTerm => ({ type: '$not', terms: [one] })
  const either = {
    terms: [
      not(is('x', 'z')),
      { type: '$or', terms: [is('x', 'a'), { type: '$and', terms: [not(is('x', 'c')), is('y', 'b')] }] },
    ],
  }
  const any = { terms: [{ type: '$or', terms: [is('x', 'a'), not(is('y', 'b'))] }] }
  index.add([either, any])
  expect(index.candidates(device('a', 'c'))).toEqual([any, either])
  expect(index.candidates(device('c', 'b'))).toEqual([any, either])
  expect(index.candidates(device('b', 'a'))).toEqual([any])
  index.remove(either)
  expect(index.candidates(device('a', 'b'))).toEqual([any])
})
