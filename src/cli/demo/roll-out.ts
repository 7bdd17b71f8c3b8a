import type { Manager } from '../../client/manager.ts'
import { enrolDevices } from '../../simulate/enrol.ts'
import { openScreen } from '../progress/screen.ts'
import { watchDeployment } from '../progress/watch.ts'
import { attributesOf, liveOn, type Member, makeFleet, REGION, RELEASE } from './fleet.ts'
import { deploy, listDevices, saveFilter, showDeployment, uploadRelease } from './requests.ts'
import { summaryLines } from './summary.ts'

const LOOK_EVERY_MS = 200
const PATIENCE_MS = 120_000

export type RollOut = {
  url: string
  manager: Manager
  devices: number
  failure_rate: number
  stop: AbortSignal
}

/** Lets a fleet in, rolls a release out to it and tells how that goes. Answers whether it got to the end. */
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

  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  const lives = Promise.all(fleet.map((member) => liveOn(member, failure_rate, signal)))
  const watching = watch(manager, id, signal)
  try {
    await Promise.race([watching, lives])
  } finally {
    over.abort()
    await Promise.allSettled([watching, lives])
  }
  if (stop.aborted) return false
  const summary = summaryLines(await listDevices(manager, id), devices - filter.matching)
  console.log(`\nThe deployment is finished:\n${summary.join('\n')}`)
  return true
}

/** Shows the deployment until it is finished. */
async function watch(manager: Manager, id: string, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(PATIENCE_MS)
  const finished = await watchDeployment({
    ...{ look: () => showDeployment(manager, id), show: openScreen(), every_ms: LOOK_EVERY_MS },
    signal: AbortSignal.any([signal, late]),
  })
  if (!finished && !signal.aborted)
    throw new Error('The rollout did not finish in time: the devices or the server hang.')
}
