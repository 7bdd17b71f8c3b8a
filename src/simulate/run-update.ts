import { setTimeout as sleep } from 'node:timers/promises'
import type { NextCall, Provides, SimulatedDevice } from './simulated-device.ts'

export type UpdateOptions = {
  provides: Provides
  /** Decides whether this installation fails. */
  fails: (release: string) => boolean
  /** The log that the device sends after a failure. */
  logOf?: (release: string) => string[]
  /** Time spent in each step. */
  step_ms?: number
  call?: NextCall
}

/** The result of one poll. `stopped`: the deployment was aborted during the installation. */
export type Outcome = 'nothing' | 'success' | 'failure' | 'stopped'

export const FAILURE_LOG = ['starting the installation', 'the payload could not be written: no space left on device']

/** Polls once and installs the offered update as a device does. A success changes `provides`. */
export async function runUpdate(device: SimulatedDevice, options: UpdateOptions): Promise<Outcome> {
  const { provides, fails, logOf = () => FAILURE_LOG, step_ms = 0, call } = options
  const { status, body } = await device.next(provides, call)
  if (status === 204) return 'nothing'
  if (status !== 200) throw new Error(`next returned status ${status}: ${body?.error}`)
  const { id, artifact, type } = body

  if (await isStopped(device.report(id, 'downloading'))) return 'stopped'
  const download = await device.download(artifact.source.uri)
  if (download.status !== 200) throw new Error(`the download returned status ${download.status}`)
  await sleep(step_ms)
  if (await isStopped(device.report(id, 'installing'))) return 'stopped'
  await sleep(step_ms)
  const failed = fails(artifact.artifact_name)
  if (await isStopped(device.report(id, failed ? 'failure' : 'success'))) return 'stopped'
  if (failed) await device.sendLog(id, logOf(artifact.artifact_name))
  else provides.artifact_name = artifact.artifact_name
  if (!failed && type === 'configuration') await device.reportConfiguration()
  return failed ? 'failure' : 'success'
}

async function isStopped(reported: ReturnType<SimulatedDevice['report']>): Promise<boolean> {
  const { status, body } = await reported
  if (status === 409) return true
  if (status !== 204) throw new Error(`a status report returned status ${status}: ${body?.error}`)
  return false
}
