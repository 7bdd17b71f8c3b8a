import { setTimeout as sleep } from 'node:timers/promises'
import { FAILURE_LOG, runUpdate } from '../../simulate/run-update.ts'
import { type Provides, type SimulatedDevice, simulateDevice } from '../../simulate/simulated-device.ts'

/** What the devices run at first. */
export const FIRST = 'firmware-1.0'
/** Fails on every sensor. */
export const BROKEN = 'firmware-2.0'
export const FIXED = 'firmware-2.1'
const BROKEN_TYPE = 'sensor'
export const TYPES_WITH_ARTIFACT = ['gateway', BROKEN_TYPE]
const TYPE_WITHOUT_ARTIFACT = 'camera'
/** The filter matches this region; one device in five is in another one. */
export const REGION = 'eu'
const OTHER_REGION = 'us'
/** The lab has gateways only, which is why nobody there notices what is wrong with the release. */
export const LAB = 'lab'
export const CANARIES = 'canaries'
const OTHERS = 'production'

const POLL_MS = 600
const STEP_MS = 150
const BROKEN_LOG = ['starting the installation', 'the new firmware does not find the sensor bus, and was rolled back']

export type Member = { device: SimulatedDevice; provides: Provides; region: string; ring: string }

/** A fleet of several regions, rings and device types, in which some devices run the last release. Always the same. */
export const makeFleet = (url: string, size: number): Member[] =>
  Array.from({ length: size }, (_, i) => {
    const device_type = i % 10 === 3 ? TYPE_WITHOUT_ARTIFACT : i % 3 === 0 ? BROKEN_TYPE : 'gateway'
    return {
      device: simulateDevice({ url, identity: { serial: `demo-${String(i + 1).padStart(4, '0')}` } }),
      provides: { artifact_name: i % 40 === 7 ? FIXED : FIRST, device_type },
      region: i % 5 === 4 ? OTHER_REGION : REGION,
      ring: ringOf(i, device_type),
    }
  })

function ringOf(i: number, device_type: string): string {
  if ([1, 2].includes(i % 20) && device_type === 'gateway') return LAB
  return [0, 6, 16].includes(i % 20) ? CANARIES : OTHERS
}

export const attributesOf = ({ provides, region, ring }: Member) => ({ ...provides, region, ring })

/** Polls and installs until `stop` is aborted. */
export async function runDevice(member: Member, failure_rate: number, stop: AbortSignal): Promise<void> {
  const { device, provides, ring } = member
  const isBroken = (release: string) => release === BROKEN && provides.device_type === BROKEN_TYPE
  const fails = (release: string) => isBroken(release) || (ring !== LAB && Math.random() < failure_rate)
  const logOf = (release: string) => (isBroken(release) ? BROKEN_LOG : FAILURE_LOG)
  while (!stop.aborted) {
    await sleep(POLL_MS * (0.5 + Math.random()))
    if (!stop.aborted) await runUpdate(device, { provides, fails, logOf, step_ms: STEP_MS, call: 'post_v2' })
  }
}
