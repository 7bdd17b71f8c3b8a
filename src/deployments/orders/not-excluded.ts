import { empty, type Sql, sql } from '../../db/sql.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import type { Exclusion } from '../rollout/rules.ts'

/** `and ..`, a condition on `devices` aliased `d`. A device that does not exist matches no filter. */
export function andNotExcluded(exclude: Exclusion | null): Sql {
  if (!exclude) return empty
  const { device_ids, filter } = exclude
  const ids = device_ids.length > 0 ? sql`and not coalesce(d.id = any(${device_ids}::text[]), false)` : empty
  return filter ? sql`${ids} and not coalesce(d.id is not null and ${termsToSql(filter.terms)}, false)` : ids
}
