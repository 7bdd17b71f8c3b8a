import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DdiDevice } from '../../simulate/ddi-device.ts'
import { runDdiUpdate } from '../../simulate/run-ddi-update.ts'
import { runUpdate } from '../../simulate/run-update.ts'
import { simulateDevice } from '../../simulate/simulated-device.ts'
import type { Dialects } from './dialect.ts'

export type DeviceRun = {
  url: string
  device_type: string
  failure_rate: number
  attributes: { [name: string]: string }
  tenant_token: string
  dialects: Dialects
  /** Time between two polls; undefined: a second, or what the server asks of a device that speaks DDI. */
  interval_ms: number | undefined
  stop: AbortSignal
}

const POLL_MS = 1000
const STEP_MS = 300

/** Each poll is up to a half earlier or later. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms * (0.5 + Math.random()), undefined, { signal }).catch(() => {})

export const runDevice = (run: DeviceRun, index: number): Promise<void> =>
  run.dialects.dialectOf(index) === 'ddi' ? runDdiDevice(run) : runMenderDevice(run)

/** Authenticates, then polls. If the server is unavailable or rejects the device, it authenticates again later. */
async function runMenderDevice(run: DeviceRun): Promise<void> {
  const { url, tenant_token, device_type, failure_rate, attributes, interval_ms = POLL_MS, stop } = run
  const device = simulateDevice({ url, tenant_token, identity: { serial: randomUUID() } })
  const provides = { artifact_name: 'factory', device_type }
  const fails = () => Math.random() < failure_rate
  while (!stop.aborted) {
    try {
      if (!device.token && (await device.requestAuth()).status === 200)
        await device.sendInventory({ ...attributes, ...provides })
      const before = provides.artifact_name
      if (device.token) await runUpdate(device, { provides, fails, step_ms: STEP_MS, call: 'post_v2' })
      if (provides.artifact_name !== before) await device.sendInventory({ ...attributes, ...provides })
    } catch {
      device.token = undefined
    }
    await pause(interval_ms, stop)
  }
}

/** Polls with the gateway token, also while the server is unavailable or rejects the device. */
async function runDdiDevice(run: DeviceRun): Promise<void> {
  const { url, dialects, device_type, failure_rate, attributes, interval_ms, stop } = run
  const { tenant, gateway_token } = dialects
  const authorization = `GatewayToken ${gateway_token}`
  const device = new DdiDevice({ url, tenant, controller_id: randomUUID(), authorization })
  const options = {
    attributes: () => ({ ...attributes, device_type }),
    fails: () => Math.random() < failure_rate,
    ...{ step_ms: STEP_MS, downloaded: new Set<string>() },
  }
  while (!stop.aborted) {
    const { sleep_ms = POLL_MS } = await runDdiUpdate(device, options).catch(() => ({ sleep_ms: undefined }))
    await pause(interval_ms ?? sleep_ms, stop)
  }
}
