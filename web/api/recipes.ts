import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { NewPhase } from '../../src/deployments/phases.ts'
import type { NewRollout } from '../../src/deployments/rollout/rules.ts'
import { call, get } from './http.ts'
import { useSession } from './session.ts'

/** What a recipe sets in a deployment. */
export type RecipeMembers = Omit<NewRollout, 'recipe'> & { phases?: NewPhase[] | null }
export type Recipe = RecipeMembers & { name: string; description: string; predefined: boolean }

const RECIPES = '/api/management/v2/deployments/deployments/recipes'
const KEY = ['recipes']

/** Whether the plan of the tenant includes rules of rollouts. */
export const useHasRules = (): boolean => useSession().features.phased_deployments === true

export function useRecipes() {
  const enabled = useHasRules()
  return useQuery({
    ...{ queryKey: KEY, enabled, staleTime: 60_000 },
    queryFn: ({ signal }) => get<Recipe[]>(RECIPES, undefined, signal),
  })
}

const pathOf = (name: string) => `${RECIPES}/${encodeURIComponent(name)}`

export const saveRecipe = (name: string, recipe: RecipeMembers & { description: string }): Promise<void> =>
  call('PUT', pathOf(name), { body: recipe })
/** Deletes a recipe; a predefined one returns to its default. */
export const deleteRecipe = (name: string): Promise<void> => call('DELETE', pathOf(name))

export function useRecipesChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: KEY })
}
