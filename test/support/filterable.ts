import fc from 'fast-check'
import type { Filterable, FilterTerm, Term } from '../../src/inventory/filter.ts'

/** An accepted device with these inventory attributes, as filters see it. */
export const filterable = (inventory: Filterable['attributes'][string]): Filterable => ({
  ...{ id: 'd', status: 'accepted', dialect: 'mender', group_name: null },
  ...{ created_ts: '', attributes_updated_ts: '', check_in_time: null, pinned_until: null },
  attributes: { inventory },
})

/** Conditions as they are, and in groups in groups. */
export const groupsOf = (condition: fc.Arbitrary<Term>) =>
  fc.letrec<{ node: FilterTerm; group: FilterTerm }>((tie) => ({
    node: fc.oneof({ maxDepth: 2 }, { weight: 2, arbitrary: condition }, { weight: 1, arbitrary: tie('group') }),
    group: fc.oneof(
      fc.record({
        type: fc.constantFrom('$and', '$or'),
        terms: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ type: fc.constant('$not'), terms: fc.tuple(tie('node')) }),
    ) as fc.Arbitrary<FilterTerm>,
  }))
