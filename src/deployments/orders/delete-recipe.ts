import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { recipeNotFound } from '../../rollout-errors.ts'
import { contentOf, isPredefined } from '../recipe.ts'
import { lockRecipes, recordRecipeChange } from '../rows/recipe-rows.ts'

/** Removes a recipe; a predefined one returns to its default. */
export async function deleteRecipe(env: Env, actor: Actor, name: string): Promise<void> {
  if (actor.scope.groups !== null) throw roleForbids()
  await env.db.transaction(async (tx) => {
    const stored = await lockRecipes(tx, actor.tenant_id)
    const before = contentOf(stored, name)
    if (!before) throw recipeNotFound()
    await tx.query(sql`
      update tenants set recipes = recipes - ${name}::text
      where tenant_id = ${actor.tenant_id} and recipes ? ${name}::text`)
    const heading = isPredefined(name) ? `Returned the recipe ${name} to its default:` : `Removed the recipe ${name}:`
    await recordRecipeChange(tx, actor, env.now(), { name, heading, before, after: contentOf({}, name) })
  })
}
