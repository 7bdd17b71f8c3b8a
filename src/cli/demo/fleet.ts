import { setTimeout as sleep } from 'node:timers/promises'
import { runUpdate } from '../../simulate/run-update.ts'
import { type Provides, type SimulatedDevice, simulateDevice } from '../../simulate/simulated-device.ts'

export const RELEASE = 'firmware-2.0'
export const TYPES_WITH_ARTIFACT = ['gateway', 'sensor']
const TYPE_WITHOUT_ARTIFACT = 'camera'
/** The filter matches this region; one device in five is in another one. */
export const REGION = 'eu'
const OTHER_REGION = 'us'

const POLL_MS = 600
const STEP_MS = 150

export type Member = { device: SimulatedDevice; provides: Provides; region: string }

/** A fleet of several regions and device types, in which some devices already run the release. Always the same. */
export const makeFleet = (url: string, size: number): Member[] =>
  Array.from({ length: size }, (_, i) => ({
    device: simulateDevice({ url, identity: { serial: `demo-${String(i + 1).padStart(4, '0')}` } }),
    provides: {
      artifact_name: i % 40 === 7 ? RELEASE : 'firmware-1.0',
      device_type: i % 10 === 3 ? TYPE_WITHOUT_ARTIFACT : i % 3 === 0 ? 'sensor' : 'gateway',
    },
    region: i % 5 === 4 ? OTHER_REGION : REGION,
  }))

export const attributesOf = ({ provides, region }: Member) => ({ ...provides, region })

/** Polls and installs until `stop` is aborted. */
export async function runDevice(member: Member, failure_rate: number, stop: AbortSignal): Promise<void> {
  const { device, provides } = member
  const fails = () => Math.random() < failure_rate
  while (!stop.aborted) {
    await sleep(POLL_MS * (0.5 + Math.random()))
    if (!stop.aborted) await runUpdate(device, { provides, fails, step_ms: STEP_MS, call: 'post_v2' })
  }
}
