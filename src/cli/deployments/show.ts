import type { Deployment } from '../../deployments/deployment.ts'
import { counted } from '../../texts/numbers.ts'
import { writeTerm } from '../filters/term-text.ts'
import { progressLines } from '../progress/render.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts, printable, table, timeText } from '../remote/print.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENTS } from './paths.ts'
import { stateOf } from './state.ts'

type Failed = { id: string; device_type?: string; attempts: number }

const FAILED_SHOWN = 10

export const showCommand = remoteCommand({
  summary: 'Show a deployment and its failed devices',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const { body } = await server.get(`${DEPLOYMENTS}/${encodeURIComponent(id)}`)
    if (values.json) return console.log(JSON.stringify(body))
    console.log(facts(factsOf(body)))
    console.log(`\n${progressLines(body, Date.now()).join('\n')}`)
    if (body.statistics.status.failure > 0) await printFailed(server, body)
  },
})

const factsOf = (deployment: Deployment) => ({
  'Deployment ID': deployment.id,
  Name: deployment.name,
  Release: deployment.artifact_name,
  Status: stateOf(deployment),
  'Target devices': devicesOf(deployment),
  'Device limit': deployment.max_devices || undefined,
  Retries: deployment.retries,
  'Force installation': deployment.force_installation ? 'yes' : undefined,
  Created: timeText(deployment.created),
  Finished: deployment.finished && timeText(deployment.finished),
})

function devicesOf({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices matching "${filter.name}": ${filter.terms.map(writeTerm).join('; ')}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} in group ${groups.join(', ')}` : devices
}

async function printFailed(server: Server, { id, statistics }: Deployment) {
  const rows = await server.list<Failed>(`${DEPLOYMENTS}/${id}/devices/list`, { status: 'failure' }, FAILED_SHOWN)
  const columns = [
    ['FAILED', (device: Failed) => device.id],
    ['DEVICE TYPE', (device: Failed) => device.device_type],
    ['ATTEMPTS', (device: Failed) => device.attempts],
  ] as const
  console.log(`\n${table(rows, columns)}`)
  const more = statistics.status.failure - rows.length
  if (more > 0) console.log(`and ${printable(more)} more`)
}
