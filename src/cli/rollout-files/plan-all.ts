import { ServerError } from '../../client/server-error.ts'
import type { Context } from './context.ts'
import { planDeployment } from './deployments.ts'
import { planFilter } from './filters.ts'
import { type Path, problemAt } from './place.ts'
import type { Declared, Entry } from './read-files.ts'
import { planRecipe } from './recipes.ts'
import { planRelease } from './releases.ts'
import { planRole } from './roles.ts'
import type { Step } from './step.ts'
import { planWebhook } from './webhooks.ts'

/** A declaration, compared with the server each time that it is called. */
export type Plan = { place: Entry<unknown>['place']; read: () => Promise<Step> }

/** In the order in which they are applied: what others name comes first. */
export function plansOf(context: Context, declared: Declared): Plan[] {
  const of = <Value>(entries: Entry<Value>[], plan: (context: Context, value: Value) => Promise<Step>): Plan[] =>
    entries.map(({ value, place }) => ({ place, read: () => plan(context, value) }))
  return [
    ...of(declared.releases, planRelease),
    ...of(declared.filters, planFilter),
    ...of(declared.roles, planRole),
    ...of(declared.recipes, planRecipe),
    ...of(declared.webhooks, planWebhook),
    ...of(declared.deployments, planDeployment),
  ]
}

/** The steps of all declarations. Throws with all problems and their places. */
export async function readSteps(plans: readonly Plan[]): Promise<Step[]> {
  const steps: Step[] = []
  const problems: string[] = []
  for (const { read, place } of plans) {
    try {
      steps.push(await read())
    } catch (error) {
      problems.push(problemText(error, place))
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return steps
}

/** A refusal of the server with its place; any other failure is thrown. */
export function problemText(error: unknown, place: Plan['place']): string {
  const isRefusal = error instanceof ServerError && error.status !== undefined && error.status < 500
  if (!isRefusal || error.code === 'unauthorized') throw error
  return problemAt(place([...termPath(error.body), ...pathOfField(error.field)]), error.message)
}

/** Where a term is in groups, which the API says by indexes. */
function termPath({ term, path = term === undefined ? [] : [term] }: Record<string, unknown>): Path {
  return (path as number[]).flatMap((index) => ['terms', index])
}

/** `phases.0.filter_id` of the API is `phases.0.filter` of the file. */
const pathOfField = (field = ''): Path =>
  field === ''
    ? []
    : field
        .replace(/^credentials\.http\./, '')
        .replace(/filter_id$/, 'filter')
        .split('.')
        .map((name) => (/^\d+$/.test(name) ? Number(name) : name))
