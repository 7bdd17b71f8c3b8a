import { Type } from 'typebox'
import { deleteRecipe } from '../../deployments/orders/delete-recipe.ts'
import { findRecipes } from '../../deployments/orders/find-recipes.ts'
import { saveRecipe } from '../../deployments/orders/save-recipe.ts'
import { NewRecipe, Recipe } from '../../deployments/recipe.ts'
import { RECIPE_COLUMNS, recipeCells } from '../../deployments/recipe-csv.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { IfNoneMatch, isOnlyNew } from '../if-match.ts'

const tags = ['deployments']
const params = Type.Object({ name: Type.String({ description: 'Name of the recipe' }) })
const feature = 'phased_deployments' as const
const change = { feature, permission: 'deployments' as const }

export const recipeRoutes: Routes = (http, env) => {
  http.get(
    '/recipes',
    {
      config: { feature },
      schema: {
        ...{ tags, operationId: 'listRecipes', summary: 'List all recipes, predefined recipes first' },
        description:
          'A recipe is a named default of the tenant. A deployment that names one takes from it the members that its request leaves out.',
        response: { 200: Type.Array(Recipe) },
      },
    },
    async ({ actor }) => findRecipes(env, actor),
  )

  http.get(
    '/recipes/all/export',
    {
      config: { feature },
      schema: {
        ...{ tags, operationId: 'exportRecipes', summary: 'Export all recipes as a table' },
        ...{ description: `With their rules as JSON. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await findRecipes(env, actor)).map(recipeCells)
      return sendCsv(reply, { name: 'recipes', columns: RECIPE_COLUMNS, chunks: [rows] })
    },
  )

  http.put(
    '/recipes/:name',
    {
      config: change,
      schema: {
        ...{ tags, operationId: 'saveRecipe', summary: 'Add a recipe, or replace one', params, body: NewRecipe },
        headers: IfNoneMatch,
        description:
          'Also replaces a predefined recipe. What the creation of a deployment would refuse is refused here. Deployments that were created with the recipe stay as they are. Requires roles without a limit to groups.',
        response: { 204: nothing(), ...refusals(412, 422) },
      },
    },
    async (request, reply) => {
      const { actor, params, body: recipe } = request
      await saveRecipe(env, actor, { name: params.name, recipe, only_new: isOnlyNew(request) })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/recipes/:name',
    {
      config: change,
      schema: {
        ...{ tags, operationId: 'deleteRecipe', summary: 'Remove a recipe, or return a predefined one to its default' },
        params,
        description:
          'Deployments that were created with the recipe stay as they are. Requires roles without a limit to groups.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteRecipe(env, actor, params.name)
      return reply.code(204).send()
    },
  )
}
