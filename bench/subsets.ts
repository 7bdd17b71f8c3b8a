import type { Sql } from '../src/db/sql.ts'
import { and, sql } from '../src/db/sql.ts'
import type { Term } from '../src/inventory/filter.ts'
import { termsToSql } from '../src/inventory/filters/filter-to-sql.ts'

const is = (attribute: string, value: string | number): Term => ({ scope: 'inventory', attribute, type: '$eq', value })

/** Subsets of a fleet, each with the terms that match it. */
export const SUBSETS: Readonly<Record<string, Term[]>> = {
  none: [is('percent', 1000)],
  '1 %': [is('percent', 7)],
  '50 %': [is('half', 'even')],
  all: [{ scope: 'inventory', attribute: 'device_type', type: '$exists', value: true }],
}

export const acceptedOf = (terms: readonly Term[]): Sql => and([sql`d.status = 'accepted'`, termsToSql(terms)])
