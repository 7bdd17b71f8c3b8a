import type { Deployment } from '../../client/api.ts'
import { type Client, clientOf } from '../../client/client.ts'
import type { Manager } from '../../client/manager.ts'
import { enrolDevices } from '../../simulate/enrol.ts'
import { counted } from '../../texts/numbers.ts'
import { isTripped } from '../../texts/rollouts.ts'
import { withTimes } from '../../texts/times.ts'
import { openScreen } from '../progress/screen.ts'
import { watchDeployment } from '../progress/watch.ts'
import { attributesOf, BROKEN, FIRST, FIXED, type Member, makeFleet, REGION, runDevice } from './fleet.ts'
import {
  carefulRollout,
  deploy,
  explainDevice,
  type Filters,
  listDevices,
  readLog,
  rollBack,
  saveFilters,
  showDeployment,
  uploadReleases,
  wholeRollout,
} from './requests.ts'
import { failureLines, summaryLines } from './summary.ts'

const POLL_INTERVAL_MS = 200
const TIMEOUT_MS = 120_000

export type RollOut = {
  url: string
  manager: Manager
  devices: number
  failure_rate: number
  stop: AbortSignal
}

/** Accepts a fleet, and shows a rollout that stops itself and what follows. Returns whether it was shown to the end. */
export async function rollOut({ url, manager, devices, failure_rate, stop }: RollOut): Promise<boolean> {
  console.log(`Accepting ${devices} simulated devices, which report their inventory ...`)
  const fleet = makeFleet(url, devices)
  await enrolDevices(
    manager,
    fleet.map(({ device }) => device),
    (i) => attributesOf(fleet[i] as Member),
  )
  const client = clientOf(manager)
  await uploadReleases(client)
  const filters = await saveFilters(client)
  console.log(`Uploaded three releases. The filter region = ${REGION} matches ${filters.matching} devices.`)

  const finished = new AbortController()
  const signal = AbortSignal.any([stop, finished.signal])
  const running = Promise.all(fleet.map((member) => runDevice(member, failure_rate, signal)))
  const showing = showUpdate({ client, filters, fleet, signal })
  try {
    await Promise.race([showing, running])
  } finally {
    finished.abort()
    await Promise.allSettled([showing, running])
  }
  return !stop.aborted
}

type Scene = { client: Client; filters: Filters; fleet: readonly Member[]; signal: AbortSignal }

async function showUpdate(scene: Scene): Promise<void> {
  const { client, filters, fleet } = scene
  console.log(`
Rolling out ${BROKEN}: to the lab, then to the canaries, then to the others, to at most 10 % of the devices at a time.
The second failure in a phase pauses it.
`)
  const id = await deploy(client, carefulRollout(filters))
  const stopped = await watch(scene, id, hasStopped)
  if (!stopped) return
  await printStop(scene, stopped)

  const touched = counted(stopped.device_count, 'device')
  console.log(`\nRolling the ${touched} that have had an offer back to ${FIRST}:\n`)
  if (!(await watch(scene, await rollBack(client, id), isFinished))) return

  console.log(
    `\nRolling out ${FIXED}, in which this is fixed, to all at once, with one retry for each device that fails:\n`,
  )
  const last = await deploy(client, wholeRollout(filters))
  if (!(await watch(scene, last, isFinished))) return
  const summary = summaryLines(await listDevices(client, last), fleet.length - filters.matching)
  console.log(`\nThe deployment is finished:\n${summary.join('\n')}`)
}

const isFinished = ({ status }: Deployment) => status === 'finished'

/** Devices that had an offer when the failure policy paused it have ended, too. */
const hasStopped = (deployment: Deployment) =>
  isFinished(deployment) || (isTripped(deployment.rollout) && deployment.rollout.in_flight === 0)

/** Says why the rollout has stopped, which devices failed, and why another one waits. */
async function printStop({ client, filters, fleet }: Scene, { id, rollout, device_count }: Deployment): Promise<void> {
  console.log(`\nThe rollout has stopped itself. ${rollout.reason?.message}`)
  const failed = await listDevices(client, id, 'failure')
  console.log('Failed devices:')
  for (const line of await failureLines(failed, (device) => readLog(client, id, device))) console.log(line)
  const reached = new Set((await listDevices(client, id)).map((item) => item.id))
  const other = fleet.find(({ device, region }) => region === REGION && !reached.has(device.id))
  if (!other) return
  console.log(`The other ${counted(filters.matching - device_count, 'device')} have had no offer:`)
  console.log(`        ${withTimes(await explainDevice(client, id, other.device.id), 'UTC')}`)
}

/** Shows the deployment until `ends`. Returns undefined if the demo was stopped first. */
async function watch(
  { client, signal }: Scene,
  id: string,
  ends: (deployment: Deployment) => boolean,
): Promise<Deployment | undefined> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const ended = await watchDeployment({
    ...{ read: () => showDeployment(client, id), show: openScreen(), every_ms: POLL_INTERVAL_MS, ends },
    signal: AbortSignal.any([signal, timeout]),
  })
  if (!ended && !signal.aborted)
    throw new Error('The rollout did not come to its end in time: the devices or the server hang.')
  return ended
}
