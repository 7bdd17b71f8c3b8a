import { required } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { idOf } from '../remote/server.ts'
import { DYNAMIC_DEPLOYMENTS } from './paths.ts'

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
    const path = `${DYNAMIC_DEPLOYMENTS}/${encodeURIComponent(id)}/rollback`
    const created = idOf(await server.create(path, { artifact_name }))
    const done = `${id} aborted; deployment ${created} deploys ${artifact_name} to its devices`
    console.log(values.json ? JSON.stringify({ id: created }) : printable(done))
  },
})
