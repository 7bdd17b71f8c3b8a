import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Env } from '../../env.ts'
import { featureNotInPlan, invalidField } from '../../errors.ts'
import type { NewAnyDeployment } from '../deployment.ts'
import { applyRecipe, contentOf, listRecipes, type WithRecipe } from '../recipe.ts'
import { readRecipes } from '../rows/recipe-rows.ts'

type Body = Pick<NewAnyDeployment, keyof Parameters<typeof applyRecipe>[0]> & Pick<NewAnyDeployment, 'recipe'>

/** Fills in the members that a request for a deployment leaves to the recipe that it names, if it names one. */
export async function resolveRecipe<B extends Body>(
  env: Env,
  { tenant_id, plan }: Pick<Actor, 'tenant_id' | 'plan'>,
  body: B,
): Promise<WithRecipe<B>> {
  const { recipe: name } = body
  if (!name) return { ...body, has_recipe_phases: false }
  if (!planHas(plan, 'rollout_rules')) throw featureNotInPlan()
  const stored = await readRecipes(env.db, tenant_id)
  const recipe = contentOf(stored, name)
  if (recipe) return applyRecipe(body, recipe)
  const names = listRecipes(stored).map((one) => one.name)
  throw invalidField('recipe', `there is no recipe of this name: the recipes are ${names.join(', ')}`)
}
