import type { FileRecipe } from '../../deployments/rollout-file.ts'
import { type Context, RECIPES } from './context.ts'
import { withFilterIds, withFilterNames } from './name-filters.ts'
import { additions, differences, type Step } from './step.ts'

/** A recipe is replaced as a whole: members that the declaration leaves out are removed. */
export async function planRecipe(context: Context, { name, ...recipe }: FileRecipe): Promise<Step> {
  const present = (await context.recipes()).find((one) => one.name === name)
  const { members } = await withFilterIds(context, recipe)
  const wanted = { description: '', ...recipe }
  // Of pipelines that add the same recipe at the same time, one does.
  const if_none_match = present ? undefined : '*'
  const run = async () => {
    await context.server.put(`${RECIPES}/{name}`, {
      path: { name },
      body: { description: '', ...members },
      if_none_match,
    })
    return undefined
  }
  if (!present) return { kind: 'recipe', name, action: 'create', changes: additions(wanted), run }
  const { name: _name, predefined, ...before } = present
  const removed = Object.fromEntries(Object.keys(before).map((member) => [member, undefined]))
  const changes = differences(await withFilterNames(context, before), { ...removed, ...wanted })
  return {
    kind: 'recipe',
    name,
    action: changes.length === 0 ? 'unchanged' : 'change',
    changes,
    ...(changes.length > 0 && { run }),
  }
}
