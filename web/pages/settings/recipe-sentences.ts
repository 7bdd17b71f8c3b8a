import { counted } from '../../../src/texts/numbers.ts'
import { ruleSentences } from '../../../src/texts/rollouts.ts'
import type { Recipe } from '../../api/recipes.ts'
import { useSavedFilters } from '../../api/targets.ts'
import { toDraft } from '../../parts/rollout/from-api.ts'
import { toRecipePhases, toRollout } from '../../parts/rollout/to-api.ts'

/** The rules of a recipe as sentences, with the names of its filters. */
export function useRecipeSentences(recipe: Recipe): string[] {
  const rules = toDraft(recipe)
  const phases = toRecipePhases(rules.phases)
  const { exclude, ...rollout } = toRollout(rules)
  const filters = [exclude?.filter_id, ...phases.map(({ filter_id }) => filter_id)]
  const { data } = useSavedFilters({ enabled: filters.some(Boolean) })
  const nameOf = (id: string) => data?.rows.find((one) => one.id === id)?.name ?? 'a filter'
  const devices = phases.slice(0, -1).map(({ batch_size, filter_id, device_ids }) => {
    if (filter_id) return `the devices that match “${nameOf(filter_id)}”`
    return device_ids ? counted(device_ids.length, 'listed device') : `${batch_size} %`
  })
  const filter = exclude?.filter_id ? { filter: { name: nameOf(exclude.filter_id) } } : {}
  return [
    ...(devices.length > 0 ? [`Phases: ${devices.join(', ')}, then the rest.`] : []),
    ...ruleSentences({ ...rollout, phases, ...(exclude && { exclude: { ...exclude, ...filter } }) }),
  ]
}
