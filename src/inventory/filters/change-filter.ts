import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { filterChanged, filterNotFound } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { type NewFilter, requireFilter, storedTerms } from '../saved-filter.ts'
import { FILTER_VERSION, type VersionedFilter } from './find-filters.ts'
import { requirePatterns } from './require-patterns.ts'
import { withUniqueName } from './unique-name.ts'

type FilterUpdate = { id: string; filter: NewFilter; if_match?: readonly string[] | undefined }

/**
 * Replaces name and terms; with `if_match` only if the filter has one of these versions. Deployments that were created
 * with the filter keep their copies of its terms.
 */
export async function changeFilter(env: Env, actor: Actor, { id, filter, if_match }: FilterUpdate): Promise<void> {
  requireFilter(filter)
  const { name, terms = [] } = filter
  await requirePatterns(env.db, terms)
  const content = { name, terms: storedTerms(terms) }
  const at = env.now()
  await withUniqueName(name, () =>
    env.db.transaction(async (tx) => {
      const before = await lockFilter(tx, actor, id)
      if (!before) throw filterNotFound()
      if (if_match && !if_match.includes(before.version)) throw filterChanged()
      const lines = objectDiff({ name: before.name, terms: storedTerms(before.terms) }, content)
      if (lines.length === 0) return
      await tx.query(sql`
        update filters set name = ${name}, terms = ${JSON.stringify(content.terms)}
        where tenant_id = ${actor.tenant_id} and id = ${id}`)
      const change = [`Updated filter ${before.name}:`, ...lines].join('\n')
      await recordEvent(tx, actor, { at, action: 'update', object: eventObject('filter', id, { name }), change })
    }),
  )
}

const lockFilter = (tx: Db, { tenant_id }: Actor, id: string) =>
  tx.first<VersionedFilter>(sql`
    select id, name, terms, ${FILTER_VERSION} as version from filters
    where tenant_id = ${tenant_id} and id = ${id} for update`)
