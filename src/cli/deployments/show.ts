import type { Deployment, DeviceDeployment } from '../../client/api.ts'
import { contentText } from '../../texts/contents.ts'
import { personText } from '../../texts/gates.ts'
import { counted, whole } from '../../texts/numbers.ts'
import { ruleSentences } from '../../texts/rollouts.ts'
import { writeFilterTerm } from '../filters/filter-term-text.ts'
import { progressLines } from '../progress/render.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts, printable, table, timeText } from '../remote/print.ts'
import type { Server } from '../remote/server.ts'
import { gateLines } from './gate-lines.ts'
import { DEPLOYMENT } from './paths.ts'
import { reasonText, rolloutOf, stateOf } from './state.ts'

type Trip = NonNullable<Deployment['rollout']['trip']>

const FAILED_SHOWN = 10

export const showCommand = remoteCommand({
  summary: 'Show a deployment, its rules and gates, and its failed devices',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const { body } = await server.get(DEPLOYMENT, { path: { id } })
    if (values.json) return console.log(JSON.stringify(body))
    console.log(facts(factsOf(body)))
    const now = Date.now()
    const rules = ruleSentences(body, 'UTC').map((sentence) => printable(`  ${sentence}`))
    for (const lines of [progressLines(body, now), gateLines(body, now), rules])
      if (lines.length > 0) console.log(`\n${lines.join('\n')}`)
    if (body.statistics.status.failure > 0) await printFailed(server, body)
  },
})

const factsOf = (deployment: Deployment) => ({
  'Deployment ID': deployment.id,
  Name: deployment.name,
  Release: contentText(deployment),
  Status: stateOf(deployment),
  ...stateFacts(deployment),
  'Target devices': devicesOf(deployment),
  'Device limit': deployment.max_devices || undefined,
  Retries: deployment.retries,
  'Force installation': deployment.force_installation ? 'yes' : undefined,
  Recipe: deployment.recipe,
  Created: timeText(deployment.created),
  'Created by': deployment.created_by && personText(deployment.created_by),
  Finished: deployment.finished && timeText(deployment.finished),
  'Rolls back': deployment.rollback_of && `deployment ${deployment.rollback_of}`,
  'Rolled back by': deployment.rolled_back_by && `deployment ${deployment.rolled_back_by}`,
})

/** Why a deployment does not run, since when and by whom, and what its devices do. */
function stateFacts(deployment: Deployment) {
  const rollout = rolloutOf(deployment)
  if (!rollout) return {}
  const { state, reason, since, by, trip } = rollout
  const count = (devices: number) => (devices > 0 ? whole(devices) : undefined)
  return {
    Reason: reason?.code === 'finished' ? undefined : reasonText(rollout),
    Since: state === 'held' || state === 'paused' ? timeText(since) : undefined,
    By: by && personText(by),
    'Stopped before': trip?.resumed_at && tripText(trip),
    'In flight': count(rollout.in_flight),
    'Waiting for a retry': count(rollout.waiting),
    'To be confirmed': count(rollout.unconfirmed),
    'Not confirmed in time': count(rollout.unconfirmed_in_time),
    'Timed out': count(rollout.timed_out),
  }
}

function tripText({ at, code, program, failed, ended, phase, resumed_at }: Trip): string {
  const where = phase === undefined ? '' : ` of phase ${phase}`
  const why =
    code === 'verdict_failed'
      ? `${program ?? 'a program'} reported "fail"`
      : `${whole(failed)} of ${counted(ended, 'ended device')}${where} had failed`
  return `${timeText(at)}: ${why}; resumed ${timeText(resumed_at)}`
}

function devicesOf({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices matching "${filter.name}": ${filter.terms.map(writeFilterTerm).join('; ')}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} in group ${groups.join(', ')}` : devices
}

async function printFailed(server: Server, { id, statistics }: Deployment) {
  const rows = await server.list(`${DEPLOYMENT}/devices/list`, {
    ...{ path: { id }, query: { status: 'failure' }, limit: FAILED_SHOWN },
  })
  const columns = [
    ['FAILED', (device: DeviceDeployment) => device.id],
    ['DEVICE TYPE', (device: DeviceDeployment) => device.device_type],
    ['ATTEMPTS', (device: DeviceDeployment) => device.attempts],
  ] as const
  console.log(`\n${table(rows, columns)}`)
  const more = statistics.status.failure - rows.length
  if (more > 0) console.log(`and ${printable(more)} more`)
}
