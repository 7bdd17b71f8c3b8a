import type { ErrorCode } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import { remoteCommand } from '../remote/command.ts'
import { exitCodeOf, FILE_HELP, FILE_OPTIONS, openPlans, USAGE_EXIT_CODE } from './options.ts'
import type { Plan } from './plan-all.ts'
import { doneSummary, doneText, jsonOf, summaryOf } from './print.ts'
import type { Step } from './step.ts'

export const applyCommand = remoteCommand({
  summary: 'Create and change what rollout files declare',
  help: `${FILE_HELP}
Nothing is done if a file has a problem. What the server has and the files do not declare is left alone: nothing is
deleted. The command may run again, and several may run at the same time: a deployment is created once for its key.

Exit codes:
  0  done; with --detailed-exitcode: there was nothing to do
  1  wrong usage, a problem in a file, or a failure: what was done before it stays, run the command again
  2  with --detailed-exitcode: something was created or changed
`,
  options: FILE_OPTIONS,
  usage_exit_code: USAGE_EXIT_CODE,
  async run({ server, values }) {
    const { plans, forget } = await openPlans(server, values)
    const { readSteps, problemText } = await import('./plan-all.ts')
    await readSteps(plans)
    const steps: Step[] = []
    let problem: string | undefined
    for (const plan of plans) {
      try {
        const step = await settle(plan, forget)
        steps.push(step)
        if (!values.json) console.log(doneText(step))
      } catch (error) {
        problem = problemText(error, plan.place)
        break
      }
    }
    if (values.json) console.log(JSON.stringify(jsonOf(steps)))
    if (problem !== undefined) {
      console.error(problem)
      return 1
    }
    if (!values.json) console.log(doneSummary(summaryOf(steps)))
    return exitCodeOf(steps, values)
  },
})

const MAX_TRIES = 4

/** Refusals by which the server says that somebody else has created or changed the same in the meantime. */
const RACES: readonly (ErrorCode | undefined)[] = [
  ...(['filter_name_taken', 'role_name_taken', 'integration_url_taken'] as const),
  ...(['deployment_key_taken', 'version_mismatch'] as const),
]

/** Compares with the server as it is now, and does what is to be done. */
async function settle({ read }: Plan, forget: () => void): Promise<Step> {
  for (let tries = 1; ; tries++) {
    const step = await read()
    if (!step.run) return step
    try {
      return { ...step, id: (await step.run()) ?? step.id }
    } catch (error) {
      const isRace = error instanceof ServerError && RACES.includes(error.code)
      if (!isRace || tries === MAX_TRIES) throw error
    } finally {
      forget()
    }
  }
}
