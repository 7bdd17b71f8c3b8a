import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DispatchIndex } from '../src/deployments/dispatch-index.ts'
import { compile, type Term } from '../src/inventory/filter.ts'
import { filterable } from './support/filterable.ts'

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
const filters = fc.array(fc.array(term, { maxLength: 3 }), { maxLength: 8 })

const device = (x: string, y: string) => filterable({ x, y })

test('every filter that matches a device is a candidate exactly once, after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 4 }), fc.array(fc.nat(20)), value, value, (batches, leaving, x, y) => {
      const index = new DispatchIndex<{ terms: Term[] }>()
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
