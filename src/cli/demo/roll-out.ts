import type { Manager } from '../../client/manager.ts'
import { enrolDevices } from '../../simulate/enrol.ts'
import { openScreen } from '../progress/screen.ts'
import { watchDeployment } from '../progress/watch.ts'
import { attributesOf, type Member, makeFleet, REGION, RELEASE, runDevice } from './fleet.ts'
import { deploy, listDevices, saveFilter, showDeployment, uploadRelease } from './requests.ts'
import { summaryLines } from './summary.ts'

const POLL_INTERVAL_MS = 200
const TIMEOUT_MS = 120_000

export type RollOut = {
  url: string
  manager: Manager
  devices: number
  failure_rate: number
  stop: AbortSignal
}

/** Accepts a fleet, rolls a release out to it and prints the progress. Returns whether the deployment finished. */
export async function rollOut({ url, manager, devices, failure_rate, stop }: RollOut): Promise<boolean> {
  console.log(`Accepting ${devices} simulated devices, which report their inventory ...`)
  const fleet = makeFleet(url, devices)
  await enrolDevices(
    manager,
    fleet.map(({ device }) => device),
    (i) => attributesOf(fleet[i] as Member),
  )
  await uploadRelease(manager)
  const filter = await saveFilter(manager)
  console.log(`Uploaded ${RELEASE}. The filter region = ${REGION} matches ${filter.matching} devices.`)
  console.log('Rolling out in three phases, with one retry for each device that fails.\n')
  const id = await deploy(manager, filter)

  const finished = new AbortController()
  const signal = AbortSignal.any([stop, finished.signal])
  const running = Promise.all(fleet.map((member) => runDevice(member, failure_rate, signal)))
  const watching = watch(manager, id, signal)
  try {
    await Promise.race([watching, running])
  } finally {
    finished.abort()
    await Promise.allSettled([watching, running])
  }
  if (stop.aborted) return false
  const summary = summaryLines(await listDevices(manager, id), devices - filter.matching)
  console.log(`\nThe deployment is finished:\n${summary.join('\n')}`)
  return true
}

/** Shows the deployment until it is finished. */
async function watch(manager: Manager, id: string, signal: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const finished = await watchDeployment({
    ...{ read: () => showDeployment(manager, id), show: openScreen(), every_ms: POLL_INTERVAL_MS },
    signal: AbortSignal.any([signal, timeout]),
  })
  if (!finished && !signal.aborted)
    throw new Error('The rollout did not finish in time: the devices or the server hang.')
}
