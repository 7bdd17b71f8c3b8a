import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../client/send.ts'
import type { DdiArtifact, DdiDevice, RootResource } from './ddi-device.ts'
import { FAILURE_LOG, type Outcome } from './run-update.ts'

export type DdiUpdateOptions = {
  /** The config data, which the device sends when it is asked. */
  attributes: () => Record<string, string>
  /** Decides whether this installation fails. */
  fails: (release: string) => boolean
  /** Time spent in each step. */
  step_ms?: number
  /** IDs of actions whose download is complete, but that must not be installed yet. */
  downloaded?: Set<string>
}

/** The result of one poll, and the pause before the next one that the server asks for. */
export type DdiOutcome = { outcome: Outcome | 'refused'; sleep_ms?: number }

/** What `deployment` returns with status 200. */
type DeploymentBase = {
  id: string
  deployment: {
    download: 'skip' | 'attempt' | 'forced'
    update: 'skip' | 'attempt' | 'forced'
    maintenanceWindow?: 'available' | 'unavailable'
    chunks: { name: string; artifacts: DdiArtifact[] }[]
  }
}

/** Polls once, sends its attributes if it is asked for them, and installs the offered update as a device does. */
export async function runDdiUpdate(device: DdiDevice, options: DdiUpdateOptions): Promise<DdiOutcome> {
  const root = await pollRoot(device)
  if (!root) return { outcome: 'refused' }
  const { configData, cancelAction, deploymentBase } = root._links
  if (configData) requireOk(await device.putConfigData(options.attributes()), 'the config data')
  const sleep_ms = readSleep(root.config.polling.sleep)
  if (cancelAction) return { sleep_ms, outcome: await acknowledge(device, cancelAction.href) }
  return { sleep_ms, outcome: deploymentBase ? await install(device, deploymentBase.href, options) : 'nothing' }
}

/** Undefined if the server does not let the device authenticate. */
async function pollRoot(device: DdiDevice): Promise<RootResource | undefined> {
  const answer = await device.poll()
  return answer.status === 401 ? undefined : requireOk(answer, 'the poll').body
}

/** Milliseconds of a text `HH:MM:SS`. */
function readSleep(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
  return ((hours * 60 + minutes) * 60 + seconds) * 1000
}

async function install(device: DdiDevice, href: string, options: DdiUpdateOptions): Promise<Outcome> {
  const { fails, step_ms = 0, downloaded = new Set() } = options
  const answer = await device.deployment(href)
  if (isGone(answer)) return 'stopped'
  const { id, deployment } = requireOk(answer, 'the deployment').body as DeploymentBase
  const { download, update, maintenanceWindow, chunks } = deployment
  const must_wait = update === 'skip' || maintenanceWindow === 'unavailable'
  if (download === 'skip' || (must_wait && downloaded.has(id))) return 'nothing'

  const report = async (...feedback: Feedback) => {
    const reported = await device.feedback(href, ...feedback)
    if (!isGone(reported)) requireOk(reported, 'the feedback')
    return !isGone(reported)
  }
  if (!(await report('proceeding', 'none', ['Starting the download.']))) return 'stopped'
  const problem = downloaded.has(id) ? undefined : await downloadAll(device, deployment)
  if (problem) return (await report('closed', 'failure', [problem])) ? 'failure' : 'stopped'
  downloaded.add(id)
  await sleep(step_ms)
  if (must_wait) return (await report('downloaded', 'success', ['Downloaded.'])) ? 'nothing' : 'stopped'
  if (!(await report('proceeding', 'none', ['Installing.']))) return 'stopped'
  await sleep(step_ms)
  const cancel = (await pollRoot(device))?._links.cancelAction
  if (cancel) return acknowledge(device, cancel.href)
  const failed = fails(chunks[0]?.name ?? '')
  const closed = failed ? report('closed', 'failure', FAILURE_LOG) : report('closed', 'success', ['Installed.'])
  if (!(await closed)) return 'stopped'
  return failed ? 'failure' : 'success'
}

type Feedback = Parameters<DdiDevice['feedback']> extends [unknown, ...infer Rest] ? Rest : never

/** Acknowledges that the action is cancelled. */
async function acknowledge(device: DdiDevice, href: string): Promise<Outcome> {
  const answer = await device.cancel(href)
  if (!isGone(answer)) {
    requireOk(answer, 'the cancel action')
    const reported = await device.feedback(href, 'closed', 'success', ['cancellation acknowledged.'])
    if (!isGone(reported)) requireOk(reported, 'the feedback of the cancel action')
  }
  return 'stopped'
}

const HASHES = ['sha1', 'md5', 'sha256'] as const

/** Downloads and checks all files. Returns what is wrong. */
async function downloadAll(device: DdiDevice, { chunks }: DeploymentBase['deployment']): Promise<string | undefined> {
  for (const { filename, hashes, size, _links } of chunks.flatMap(({ artifacts }) => artifacts)) {
    const href = _links.download?.href ?? _links['download-http']?.href ?? ''
    const announced = Number(requireOk(await device.head(href), 'the size of the download').headers['content-length'])
    const { bytes } = requireOk(await device.download(href), 'the download')
    if (bytes.length !== size || announced !== size) return `${filename} has ${bytes.length} bytes, not ${size}`
    const wrong = HASHES.find((name) => createHash(name).update(bytes).digest('hex') !== hashes[name])
    if (wrong) return `the ${wrong} of ${filename} is wrong`
  }
  return undefined
}

/** The action has ended, or is about to be cancelled. */
const isGone = ({ status }: Answer): boolean => status === 404 || status === 410

function requireOk(answer: Answer, what: string): Answer {
  if (answer.status === 200) return answer
  throw new Error(`${what}: the server returned status ${answer.status}: ${answer.bytes}`)
}
