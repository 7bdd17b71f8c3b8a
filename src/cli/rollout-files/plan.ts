import { remoteCommand } from '../remote/command.ts'
import { exitCodeOf, FILE_HELP, FILE_OPTIONS, openPlans, USAGE_EXIT_CODE } from './options.ts'
import { jsonOf, plannedSummary, plannedText, summaryOf } from './print.ts'

export const planCommand = remoteCommand({
  summary: 'Show what "muster apply" would do with rollout files, and do nothing',
  help: `${FILE_HELP}
Shows for each declaration whether it would be created or changed or is as declared, for filters how many accepted
devices match, and for deployments what they would do in numbers.

Exit codes:
  0  done; with --detailed-exitcode: nothing to do
  1  wrong usage, a problem in a file, or a failure
  2  with --detailed-exitcode: "muster apply" would create or change something
`,
  options: FILE_OPTIONS,
  usage_exit_code: USAGE_EXIT_CODE,
  async run({ server, values }) {
    const { plans } = await openPlans(server, values)
    const { readSteps } = await import('./plan-all.ts')
    const steps = await readSteps(plans)
    if (values.json) console.log(JSON.stringify(jsonOf(steps)))
    else {
      for (const step of steps) console.log(plannedText(step))
      console.log(plannedSummary(summaryOf(steps)))
    }
    return exitCodeOf(steps, values)
  },
})
