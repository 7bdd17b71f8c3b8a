import type { NewExclusion, NewPhase, Recipe } from '../../client/api.ts'
import type { NamedFilters } from '../../deployments/rollout-file.ts'
import { type Context, type FoundFilter, findFilterNamed } from './context.ts'

/** A declaration with the IDs of its filters as the API has them, as far as the filters exist. */
type WithIds<Others> = {
  members: Others & { phases?: NewPhase[]; exclude?: NewExclusion }
  filters: FoundFilter[]
  missing: string[]
}

/** Replaces the names of filters in phases and in the exclusion. */
export async function withFilterIds<Others extends object>(
  context: Context,
  { phases, exclude, ...others }: Others & NamedFilters,
): Promise<WithIds<Omit<Others, keyof NamedFilters>>> {
  const filters: FoundFilter[] = []
  const missing: string[] = []
  const replace = async <Rest>({ filter, ...rest }: Rest & { filter?: string }, field: string) => {
    if (filter === undefined) return rest
    const found = await findFilterNamed(context, filter, field)
    filters.push(found)
    if (!found.is_saved) missing.push(filter)
    return { ...rest, filter_id: found.is_saved ? found.id : null }
  }
  const members = {
    ...others,
    ...(phases && { phases: await Promise.all(phases.map((one, i) => replace(one, `phases.${i}.filter_id`))) }),
    ...(exclude && { exclude: await replace(exclude, 'exclude.filter_id') }),
  }
  return { members, filters, missing }
}

/** The members of a recipe of the server as a file declares them. A filter that was deleted keeps its ID. */
export async function withFilterNames(
  context: Context,
  { phases, exclude, ...others }: Omit<Recipe, 'name' | 'predefined'>,
): Promise<object> {
  const names = new Map((await context.filters()).map(({ id, name }) => [id, name]))
  const replace = <Rest extends object>({ filter_id, ...rest }: Rest & { filter_id?: string | null }) => {
    if (!filter_id) return rest
    const name = names.get(filter_id)
    return { ...rest, ...(name === undefined ? { filter_id } : { filter: name }) }
  }
  return { ...others, ...(phases && { phases: phases.map(replace) }), ...(exclude && { exclude: replace(exclude) }) }
}
