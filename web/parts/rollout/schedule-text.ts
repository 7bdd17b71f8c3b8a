import { whole } from '../../../src/texts/numbers.ts'
import type { Preview } from '../../api/deployments.ts'
import { absolute } from '../zone.ts'

/** The number of existing devices that the deployment reaches. */
export const reachedBy = ({ device_count, max_devices }: Preview): number =>
  Math.min(device_count, max_devices ?? device_count)

/** The number of existing devices in a phase; `cumulative` includes the previous phases. */
export type PhaseDevices = {
  start_ts: string | undefined
  /** The number of the phase whose gate it waits for; undefined: none. */
  gate_of: number | undefined
  devices: number
  cumulative: number
}

/** The devices of each phase, without counting a device twice or beyond the limit. */
export function phaseDevicesOf(preview: Preview): PhaseDevices[] {
  const all = reachedBy(preview)
  const planned: Partial<Preview['phases'][number]>[] = preview.phases.length > 0 ? preview.phases : [{}]
  let cumulative = 0
  return planned.map(({ start_ts, device_count: capacity = all }, i) => {
    const devices = Math.min(capacity, all - cumulative)
    cumulative += devices
    return { start_ts, gate_of: planned[i - 1]?.gate ? i : undefined, devices, cumulative }
  })
}

/** `now`, `from 23 Nov 2026, 14:00 CET`, `after the gate of phase 1` */
export function startText({ start_ts, gate_of }: PhaseDevices, now: number): string {
  const time = start_ts && Date.parse(start_ts) > now ? absolute(start_ts) : undefined
  if (gate_of === undefined) return time ? `from ${time}` : 'now'
  return `after the gate of phase ${gate_of}${time ? `, not before ${time}` : ''}`
}

/** The devices of each phase and its start: `5 now, then 45 after the gate of phase 1`. */
export function scheduleText(preview: Preview, now: number): string {
  const texts = phaseDevicesOf(preview).map((part) => {
    const { devices } = part
    const amount = devices === preview.device_count && devices !== 1 ? 'all' : whole(devices)
    return `${amount} ${startText(part, now)}`
  })
  return texts.join(', then ')
}
