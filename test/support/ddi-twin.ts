import type { Answer } from '../../src/client/send.ts'
import { DdiDevice, type RootResource } from '../../src/simulate/ddi-device.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { EnrolledDdiDevice } from './ddi-device.ts'

/** A device that speaks DDI, for tests that were written for those that speak Mender's protocol. */
export type DdiTwin = SimulatedDevice & {
  /** The same device as a client of another server. */
  at(url: string): DdiTwin
  /** What the server must not have done, for tests that ignore errors. */
  violations: readonly string[]
}

export const isDdi = (device: SimulatedDevice): device is DdiTwin => 'violations' in device

/** The deployment of an action; undefined: the device has no such action any more. */
export type DeploymentOf = (device_id: string, action_id: number) => Promise<string | undefined>

/** What all clients of one device know. */
type Memory = EnrolledDdiDevice & {
  tenant: string
  deploymentOf: DeploymentOf
  /** The newest action of each deployment. */
  actions: Map<string, number>
  /** What was answered for each action, by its number. */
  offers: Map<number, Answer>
  /** The answers to each end that was reported. */
  ends: Map<string, Promise<Answer>[]>
  /** Actions whose end the server has acknowledged. */
  acknowledged: Set<number>
  violations: string[]
  /** The release that the server knows the device to run; undefined: it may know another one. */
  artifact_name: string | undefined
  /** Until the server knows it. */
  sending: Promise<void> | undefined
}

export const ddiTwin = (
  enrolled: EnrolledDdiDevice,
  options: { url: string; tenant: string; deploymentOf: DeploymentOf },
): DdiTwin =>
  twinAt(options.url, {
    ...{ ...enrolled, ...options, artifact_name: undefined, sending: undefined },
    ...{ actions: new Map(), offers: new Map(), ends: new Map(), acknowledged: new Set(), violations: [] },
  })

function twinAt(url: string, memory: Memory): DdiTwin {
  const { tenant, id } = memory
  const { controller_id, authorization } = memory.device
  const device = new DdiDevice({ url, tenant, controller_id, authorization })
  return {
    ...{ id, identity: { hawkbit_id: controller_id }, pubkey: '', token: authorization },
    at: (other) => twinAt(other, memory),
    violations: memory.violations,
    requestAuth: () => device.poll(),
    sendInventory: (attributes) => device.putConfigData(attributes as Record<string, string>),
    next: ({ artifact_name }) => next(device, memory, artifact_name),
    report: (deployment_id, status) => report(device, memory, { deployment_id, status }),
    sendLog: (deployment_id, lines) =>
      device.feedback(memory.actions.get(deployment_id) ?? 0, 'proceeding', 'none', lines),
    reportConfiguration: () => Promise.reject(new Error('By DDI, devices have no configuration.')),
    download: (uri, range) => device.download(uri, range),
  }
}

const MAX_CANCELS = 5

/**
 * One poll, with all that the answer asks for. Devices that speak DDI do not say what they run, but tests do: the config
 * data does it for them.
 */
async function next(device: DdiDevice, memory: Memory, artifact_name: string): Promise<Answer> {
  const acknowledged = new Set(memory.acknowledged)
  if (memory.artifact_name !== artifact_name) await sendRelease(device, memory, artifact_name)
  await memory.sending
  for (let cancels = 0; ; cancels++) {
    const root = await device.poll()
    if (root.status !== 200) return root
    const { cancelAction, deploymentBase, configData } = (root.body as RootResource)._links
    if (configData) await sendRelease(device, memory, artifact_name)
    if (cancelAction && cancels < MAX_CANCELS) {
      if ((await device.cancel(cancelAction.href)).status === 200)
        await device.feedback(cancelAction.href, 'closed', 'success', ['cancellation acknowledged.'])
      continue
    }
    if (!deploymentBase) return { ...root, status: 204, body: undefined }
    const action_id = Number(/deploymentBase\/(\d+)/.exec(deploymentBase.href)?.[1])
    if (acknowledged.has(action_id)) throw violation(memory, `Action ${action_id} is offered again.`)
    const offer = memory.offers.get(action_id) ?? (await readOffer(device, memory, deploymentBase.href))
    if (offer.status === 200) memory.offers.set(action_id, offer)
    return offer
  }
}

function violation({ violations }: Memory, text: string): Error {
  violations.push(text)
  return new Error(text)
}

/** No client polls before the server knows. */
async function sendRelease(device: DdiDevice, memory: Memory, artifact_name: string): Promise<void> {
  memory.artifact_name = artifact_name
  const sent = device.putConfigData({ artifact_name })
  const forget = () => {
    memory.artifact_name = undefined
  }
  memory.sending = sent.then(({ status }) => (status === 200 ? undefined : forget()), forget)
  await sent
}

/** The offer as Mender's protocol has it: with the ID of the deployment. */
async function readOffer(device: DdiDevice, memory: Memory, href: string): Promise<Answer> {
  const offer = await device.deployment(href)
  const nothing = { ...offer, status: 204, body: undefined }
  if (offer.status !== 200) return nothing
  const action_id = Number(offer.body.id)
  const deployment_id = await memory.deploymentOf(memory.id, action_id)
  if (deployment_id === undefined) return nothing
  memory.actions.set(deployment_id, action_id)
  const [chunk] = offer.body.deployment.chunks
  const uri = chunk.artifacts[0]._links.download.href
  return { ...offer, body: { id: deployment_id, artifact: { artifact_name: chunk.name, source: { uri } } } }
}

/** The status codes are those of Mender's protocol. An end that both clients of a device report counts as one. */
async function report(
  device: DdiDevice,
  memory: Memory,
  { deployment_id, status }: { deployment_id: string; status: string },
): Promise<Answer> {
  const action_id = memory.actions.get(deployment_id) ?? 0
  if (status !== 'success' && status !== 'failure')
    return asMender(await device.feedback(action_id, status === 'downloading' ? 'download' : 'proceeding'))
  // A success changes what the server knows, at some moment until it is acknowledged.
  memory.artifact_name = undefined
  const sent = device.feedback(action_id, 'closed', status)
  const same = memory.ends.get(`${action_id} ${status}`) ?? []
  memory.ends.set(`${action_id} ${status}`, same)
  same.push(sent)
  const answer = await sent
  memory.artifact_name = undefined
  if (answer.status === 200) memory.acknowledged.add(action_id)
  if (answer.status !== 410) return asMender(answer)
  const answers = await Promise.allSettled(same)
  const is_taken = answers.some((one) => one.status === 'fulfilled' && one.value.status === 200)
  return asMender({ ...answer, status: is_taken ? 200 : 410 })
}

const MENDER_STATUS: Readonly<Record<number, number>> = { 200: 204, 410: 409 }

const asMender = (answer: Answer): Answer => ({ ...answer, status: MENDER_STATUS[answer.status] ?? answer.status })
