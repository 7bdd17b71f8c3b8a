import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { NewRecipe, Recipe } from '../../src/deployments/recipe.ts'
import { call, get } from './http.ts'
import { useSession } from './session.ts'

export type { Recipe }

const RECIPES = '/api/management/v2/deployments/recipes'
const KEY = ['recipes']

export const RECIPES_EXPORT = `${RECIPES}/all/export`

/** Whether the plan of the tenant includes rules of rollouts. */
export const useHasRules = (): boolean => useSession().features.rollout_rules === true

export function useRecipes() {
  const enabled = useHasRules()
  return useQuery({
    ...{ queryKey: KEY, enabled, staleTime: 60_000 },
    queryFn: ({ signal }) => get<Recipe[]>(RECIPES, undefined, signal),
  })
}

const pathOf = (name: string) => `${RECIPES}/${encodeURIComponent(name)}`

export const saveRecipe = (name: string, recipe: NewRecipe): Promise<void> =>
  call('PUT', pathOf(name), { body: recipe })
/** Deletes a recipe; a predefined one returns to its default. */
export const deleteRecipe = (name: string): Promise<void> => call('DELETE', pathOf(name))

export function useRecipesChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: KEY })
}
