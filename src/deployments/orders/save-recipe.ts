import { andOfVisible } from '../../artifacts/visible-releases.ts'
import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { invalidField, roleForbids, unknownFilter } from '../../errors.ts'
import { recipeExists, tooManyRecipes } from '../../rollout-errors.ts'
import {
  contentOf,
  filtersIn,
  listRecipes,
  MAX_RECIPES,
  type NewRecipe,
  type RecipeContent,
  readRecipe,
} from '../recipe.ts'
import { lockRecipes, recordRecipeChange } from '../rows/recipe-rows.ts'

type SavedRecipe = { name: string; recipe: NewRecipe; only_new?: boolean }

/**
 * Adds a recipe, or replaces the one of this name unless it is `only_new`. Deployments that were created with it stay as
 * they are.
 */
export async function saveRecipe(env: Env, actor: Actor, { name, recipe, only_new }: SavedRecipe): Promise<void> {
  // Recipes apply to all devices: users whose roles are limited to groups only use them.
  if (actor.scope.groups !== null) throw roleForbids()
  const after = readRecipe(name, recipe)
  await env.db.transaction(async (tx) => {
    await requireFilters(tx, actor.tenant_id, after)
    await requireRelease(tx, actor, after)
    const stored = await lockRecipes(tx, actor.tenant_id)
    const before = contentOf(stored, name)
    if (before && only_new) throw recipeExists()
    if (!before && listRecipes(stored).length >= MAX_RECIPES) throw tooManyRecipes(MAX_RECIPES)
    await tx.query(sql`
      update tenants set recipes = recipes || jsonb_build_object(${name}::text, ${JSON.stringify(after)}::jsonb)
      where tenant_id = ${actor.tenant_id}`)
    const heading = `${before ? 'Updated' : 'Added'} the recipe ${name}:`
    await recordRecipeChange(tx, actor, env.now(), { name, heading, before, after })
  })
}

async function requireFilters(tx: Db, tenant_id: string, recipe: RecipeContent): Promise<void> {
  const named = filtersIn(recipe)
  if (named.length === 0) return
  const found = await tx.query<{ id: string }>(sql`
    select id from filters
    where tenant_id = ${tenant_id} and id = any(${named.map(({ filter_id }) => filter_id)}::text[])`)
  const ids = new Set(found.map(({ id }) => id))
  const unknown = named.find(({ filter_id }) => !ids.has(filter_id))
  if (unknown) throw unknownFilter(unknown.field)
}

async function requireRelease(tx: Db, actor: Actor, { failure_policy }: RecipeContent): Promise<void> {
  const name = failure_policy?.rollback_artifact_name
  if (!name) return
  const found = await tx.first(sql`
    select 1 from artifacts a
    where a.tenant_id = ${actor.tenant_id} and a.name = ${name} ${andOfVisible(actor)} limit 1`)
  if (!found)
    throw invalidField(
      'failure_policy.rollback_artifact_name',
      'there is no release of this name, or your role does not show it',
    )
}
