import type { Explanation } from '../../client/api.ts'
import { absolute, withTimes } from '../../texts/times.ts'
import { DEPLOYMENT, DYNAMIC_DEPLOYMENT, DYNAMIC_DEPLOYMENTS } from '../deployments/paths.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'

/** The longest page that the server returns. */
const MOST = 20

export const explainCommand = remoteCommand({
  summary: 'Explain why a device is, or is not, offered an update',
  operands: 'ID [DEPLOYMENT]',
  help: `
DEPLOYMENT is the ID of a deployment; without it, the newest ${MOST} unfinished ones are explained.
`,
  async run({ server, values, words: [id = '', deployment_id] }) {
    if (deployment_id !== undefined) {
      const path = { id: deployment_id, device: id }
      const { body } = await server.get(`${DYNAMIC_DEPLOYMENT}/devices/{device}/explain`, { path })
      if (values.json) return console.log(JSON.stringify(body))
      const { name } = (await server.get(DEPLOYMENT, { path })).body
      return print({ id: deployment_id, name }, body)
    }
    const explanations = await server.list(`${DYNAMIC_DEPLOYMENTS}/devices/{device}/explain`, {
      ...{ path: { device: id }, limit: MOST },
    })
    if (values.json) return console.log(JSON.stringify(explanations))
    if (explanations.length === 0) console.log('There is nothing to install: no deployment is unfinished.')
    for (const { deployment, explanation } of explanations) print(deployment, explanation)
  },
})

function print(deployment: { id: string; name: string }, { message, until }: Explanation): void {
  console.log(printable(`${deployment.id}  ${deployment.name}`))
  console.log(printable(`  ${withTimes(message, 'UTC')}`))
  if (until !== undefined && !message.includes(until)) console.log(`  This may change at ${absolute(until, 'UTC')}.`)
}
