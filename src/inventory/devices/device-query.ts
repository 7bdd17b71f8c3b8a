import { CHECK_IN_TIME } from '../../auth/devices/check-in-time.ts'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { requireTerms } from '../filter.ts'
import { requirePatterns } from '../filters/require-patterns.ts'
import { type Query, requireProjections, requireSort } from '../query.ts'
import { conditionOf } from './query-to-sql.ts'

/** Of `devices` aliased `d`, beside the id: all of a `StoredDevice`. */
export const DEVICE_COLUMNS = sql`
  d.status, d.dialect, d.group_name, d.created_ts, d.attributes_updated_ts, ${CHECK_IN_TIME} as check_in_time,
  d.pinned_until, d.pin ->> 'reason' as pin_reason, d.attributes, d.attribute_notes`

/** The condition of a query that is valid. */
export async function requiredCondition(env: Env, viewer: Viewer, query: Omit<Query, 'page'>): Promise<Sql> {
  requireTerms(query.terms)
  requireSort(query.sort ?? [])
  requireProjections(query.attributes ?? [])
  await requirePatterns(env.db.reads, query.terms)
  return conditionOf(env, viewer, query)
}
