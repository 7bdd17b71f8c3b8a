import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { listRecipes, type Recipe } from '../recipe.ts'
import { readRecipes } from '../rows/recipe-rows.ts'

export const findRecipes = async (env: Env, { tenant_id }: Pick<Actor, 'tenant_id'>): Promise<Recipe[]> =>
  listRecipes(await readRecipes(env.db, tenant_id))
