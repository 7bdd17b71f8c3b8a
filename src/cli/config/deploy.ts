import { wholeNumber } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import type { Server } from '../remote/server.ts'
import { CONFIGURATION } from './paths.ts'

export const deployCommand = remoteCommand({
  summary: 'Deploy what a device is to be configured with',
  operands: 'ID',
  help: `
  --retries COUNT       further attempts after a failure

ID is that of the device. "muster deployments watch" follows the deployment. One that is not finished is aborted.
`,
  options: { retries: { type: 'string' } },
  async run({ server, values, words: [id = ''] }) {
    const deployment_id = await deployConfiguration(server, id, wholeNumber(values, 'retries') ?? 0)
    console.log(values.json ? JSON.stringify({ deployment_id }) : `Deployment ID  ${deployment_id}`)
  },
})

/** Returns the ID of the deployment. */
export async function deployConfiguration(server: Server, id: string, retries = 0): Promise<string> {
  const { body } = await server.create(`${CONFIGURATION}/deploy`, { path: { device: id }, body: { retries } })
  return body.deployment_id
}
