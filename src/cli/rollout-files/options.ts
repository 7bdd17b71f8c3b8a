import { several, type Values } from '../command.ts'
import type { Server } from '../remote/server.ts'
import type { Plan } from './plan-all.ts'
import type { Step } from './step.ts'

export const FILE_OPTIONS = {
  file: { type: 'string', multiple: true, short: 'f' },
  'detailed-exitcode': { type: 'boolean' },
} as const

export const FILE_HELP = `
  -f, --file FILE       rollout file in YAML; - is standard input; may be given several times
  --detailed-exitcode   exit with 2 instead of 0 if there is something to do
`

/** Wrong usage exits with 1, because 2 is that there is something to do. */
export const USAGE_EXIT_CODE = 1

/** What the files declare. Its modules are loaded only for the commands that need them. */
export async function openPlans(server: Server, values: Values): Promise<{ plans: Plan[]; forget: () => void }> {
  const [{ readFiles }, { openContext }, { plansOf }] = await Promise.all([
    import('./read-files.ts'),
    import('./context.ts'),
    import('./plan-all.ts'),
  ])
  const declared = await readFiles(several(values, 'file'))
  const context = openContext(server, declared)
  return { plans: plansOf(context, declared), forget: context.forget }
}

export const exitCodeOf = (steps: readonly Step[], values: Values): number =>
  values['detailed-exitcode'] && steps.some(({ action }) => action !== 'unchanged') ? 2 : 0
