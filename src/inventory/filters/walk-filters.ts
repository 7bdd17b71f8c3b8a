import type { Env } from '../../env.ts'
import type { SavedFilter } from '../saved-filter.ts'
import { findFilters } from './find-filters.ts'

const CHUNK = 500

/** All saved filters, in chunks. If one is deleted during the walk, another may be missing. */
export async function* walkFilters(env: Env, viewer: { tenant_id: string }): AsyncGenerator<SavedFilter[]> {
  for (let offset = 0; ; offset += CHUNK) {
    const { filters } = await findFilters(env, viewer, { per_page: CHUNK, offset })
    if (filters.length > 0) yield filters
    if (filters.length < CHUNK) return
  }
}
