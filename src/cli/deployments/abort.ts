import type { Deployment } from '../../client/api.ts'
import { progressText, totalOf } from '../../texts/progress.ts'
import { UsageError } from '../command.ts'
import { isInteractive, prompt } from '../prompt.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DEPLOYMENT } from './paths.ts'

export const abortCommand = remoteCommand({
  summary: 'Abort a deployment for all devices that have not finished',
  operands: 'ID',
  help: `
  --yes                 do not ask for confirmation
`,
  options: { yes: { type: 'boolean' } },
  async run({ server, values, words: [id = ''] }) {
    const path = { id }
    if (!values.yes) {
      if (!isInteractive()) throw new UsageError('--yes is required if there is no terminal to ask for confirmation')
      const answer = await prompt(printable(`${questionFor((await server.get(DEPLOYMENT, { path })).body)} [y/N] `))
      if (!/^y(es)?$/i.test(answer.trim())) {
        console.error('Cancelled: the deployment was not aborted.')
        return 1
      }
    }
    await server.put(`${DEPLOYMENT}/status`, { path, body: { status: 'aborted' } })
    console.log(values.json ? JSON.stringify({ aborted: [id] }) : `${id} aborted`)
    return 0
  },
})

/** Includes the progress, so that the user sees what would be stopped. */
function questionFor(deployment: Deployment): string {
  const { name, artifact_name, device_count, dynamic, max_devices, statistics } = deployment
  const capacity = dynamic && !max_devices ? undefined : totalOf(deployment)
  return `Abort "${name}" (${artifact_name}; ${progressText({ device_count, capacity, counts: statistics.status })})?`
}
