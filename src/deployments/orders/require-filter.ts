import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { unknownFilter } from '../../errors.ts'
import type { SavedFilter } from '../../inventory/saved-filter.ts'

/** The saved filter that a request names; `field` is the member that names it. */
export async function requireFilter(db: Db, tenant_id: string, id: string, field = 'filter_id'): Promise<SavedFilter> {
  const filter = await db.first<SavedFilter>(sql`
    select id, name, terms from filters where tenant_id = ${tenant_id} and id = ${id}`)
  if (!filter) throw unknownFilter(field)
  return filter
}
