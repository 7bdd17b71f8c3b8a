import { optional } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DYNAMIC_DEPLOYMENT } from './paths.ts'

const HELP = `
  --reason TEXT         why, for the audit log and for everybody who looks at the deployment
`

/** `done`: what the output says that the command has done. */
const stateCommand = (action: 'pause' | 'resume', done: string, summary: string, more: string) =>
  remoteCommand({
    ...{ summary, operands: 'ID', options: { reason: { type: 'string' } } },
    help: `${HELP}\n${more}\n`,
    async run({ server, values, words: [id = ''] }) {
      const reason = optional(values, 'reason')
      await server.post(`${DYNAMIC_DEPLOYMENT}/${action}`, { path: { id }, body: reason ? { reason } : {} })
      console.log(values.json ? JSON.stringify({ [done]: [id] }) : printable(`${id} ${done}`))
    },
  })

export const pauseCommand = stateCommand(
  ...(['pause', 'paused', 'Pause a deployment: no further device starts'] as const),
  `From now on no device gets a first offer or another attempt, until the deployment is resumed. Devices that work on
the update continue.`,
)

export const resumeCommand = stateCommand(
  ...(['resume', 'resumed', 'Resume a paused deployment'] as const),
  `Also after its failure policy has paused it: failures until now do not stop it again.`,
)
