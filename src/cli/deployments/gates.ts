import { optional, required, UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { findPhase } from './find-phase.ts'
import { DYNAMIC_DEPLOYMENT } from './paths.ts'

const PHASE = `${DYNAMIC_DEPLOYMENT}/phases/{phase_id}` as const
const PHASE_HELP = 'PHASE is the number of the phase, from 1, or its ID.'
const text = { type: 'string' } as const

export const approveCommand = remoteCommand({
  summary: 'Approve the gate of a phase, so that the next phase may open',
  operands: 'ID [PHASE]',
  help: `
  --comment TEXT        comment, for the audit log and for everybody who looks at the deployment

${PHASE_HELP} It may be left out if exactly one phase waits for approval.
`,
  options: { comment: text },
  async run({ server, values, words: [deployment = '', key] }) {
    const { number, path } = await findPhase(server, deployment, key)
    const comment = optional(values, 'comment')
    await server.post(`${PHASE}/approve`, { path, body: comment ? { comment } : {} })
    console.log(
      values.json ? JSON.stringify({ approved: [path.phase_id] }) : printable(`${deployment} phase ${number} approved`),
    )
  },
})

export const openCommand = remoteCommand({
  summary: 'Open the gate of a phase although it does not hold',
  operands: 'ID PHASE',
  help: `
  --reason TEXT         why, for the audit log and for everybody who looks at the deployment

${PHASE_HELP} The phase after it may then start.
`,
  options: { reason: text },
  async run({ server, values, words: [deployment = '', key = ''] }) {
    const reason = required(values, 'reason')
    const { number, path } = await findPhase(server, deployment, key)
    await server.post(`${PHASE}/open`, { path, body: { reason } })
    const done = `${deployment} gate of phase ${number} opened`
    console.log(values.json ? JSON.stringify({ opened: [path.phase_id] }) : printable(done))
  },
})

export const verdictCommand = remoteCommand({
  summary: 'Report the verdict of a program on the gate of a phase',
  operands: 'ID PHASE NAME VERDICT',
  help: `
  --reason TEXT         why, for the audit log and for everybody who looks at the deployment

${PHASE_HELP} NAME is the name of the program, as the gate has it.
VERDICT is pass or fail; a "fail" stops the deployment at once, as its failure policy says.
`,
  options: { reason: text },
  async run({ server, values, words: [deployment = '', key = '', name = '', verdict = ''] }) {
    if (verdict !== 'pass' && verdict !== 'fail') throw new UsageError('VERDICT must be pass or fail')
    const { number, path } = await findPhase(server, deployment, key)
    const reason = optional(values, 'reason')
    await server.put(`${PHASE}/verdicts/{name}`, {
      ...{ path: { ...path, name }, body: { verdict, ...(reason ? { reason } : {}) } },
    })
    const done = `${deployment} phase ${number}: ${name} reported "${verdict}"`
    console.log(values.json ? JSON.stringify({ reported: [path.phase_id] }) : printable(done))
  },
})
