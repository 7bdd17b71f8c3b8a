import { setTimeout as sleep } from 'node:timers/promises'
import { enrolDevices } from '../../simulate/enrol.ts'
import type { OpenManager } from '../../simulate/open-manager.ts'
import { attributesOf, liveOn, type Member, makeFleet, REGION, RELEASE } from './fleet.ts'
import { summaryLines } from './picture.ts'
import { deploy, listDevices, saveFilter, showDeployment, uploadRelease } from './requests.ts'
import { openScreen } from './screen.ts'

const LOOK_EVERY_MS = 200
const PATIENCE_MS = 120_000

export type RollOut = {
  url: string
  manager: OpenManager
  devices: number
  failure_rate: number
  stop: AbortSignal
}

/** Lets a fleet in, rolls a release out to it and tells how that goes. Answers whether it got to the end. */
export async function rollOut({ url, manager, devices, failure_rate, stop }: RollOut): Promise<boolean> {
  console.log(`Letting in ${devices} simulated devices, which report their inventory ...`)
  const fleet = makeFleet(url, devices)
  await enrolDevices(
    manager,
    fleet.map(({ device }) => device),
    (i) => attributesOf(fleet[i] as Member),
  )
  await uploadRelease(manager)
  const filter = await saveFilter(manager)
  console.log(`Uploaded ${RELEASE}. The filter region = ${REGION} matches ${filter.matching} devices.`)
  console.log('Rolling out in three phases; a device that fails may try once more.\n')
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
async function watch(manager: OpenManager, id: string, signal: AbortSignal): Promise<void> {
  const show = openScreen()
  const deadline = Date.now() + PATIENCE_MS
  while (!signal.aborted) {
    const deployment = await showDeployment(manager, id)
    const finished = deployment.status === 'finished'
    show(deployment, { last: finished })
    if (finished) return
    if (Date.now() > deadline) throw new Error('The rollout does not come to an end: the devices or the server hang.')
    await sleep(LOOK_EVERY_MS)
  }
}
