import { required } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DYNAMIC_DEPLOYMENT } from './paths.ts'

export const rollbackCommand = remoteCommand({
  summary: 'Abort a deployment, and deploy another release to its devices',
  operands: 'ID',
  help: `
  --artifact RELEASE    release for the devices that have had an offer, usually the one they had before

The deployment that it creates has the same limit of devices in flight and the same windows.
`,
  options: { artifact: { type: 'string' } },
  async run({ server, values, words: [id = ''] }) {
    const artifact_name = required(values, 'artifact')
    const created = await server.create(`${DYNAMIC_DEPLOYMENT}/rollback`, { path: { id }, body: { artifact_name } })
    const done = `${id} aborted; deployment ${created.id} deploys ${artifact_name} to its devices`
    console.log(values.json ? JSON.stringify({ id: created.id }) : printable(done))
  },
})
