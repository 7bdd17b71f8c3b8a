import { counted, whole } from '../../../src/texts/numbers.ts'
import { absolute } from '../../../src/texts/times.ts'
import type { Preview } from '../../api/deployments.ts'
import type { TargetDraft } from './draft.ts'

export type PreviewState = { release: string; target: NamedTarget; preview: Preview }

/** A target with the name of its filter. */
export type NamedTarget = TargetDraft & { filter_name: string }

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

/** What the deployment will do, from the preview of the server: `release-2.0 to 30 devices in group lab: all now.` */
export function sentence({ release, target, preview }: PreviewState, now: number): string {
  const exceptions = exceptionsOf(preview)
  const text = `${release} to ${targetText(target, preview.device_count)}: ${schedule(preview, now)}`
  const limit =
    target.kind === 'filter' && preview.max_devices ? ` Stops after ${counted(preview.max_devices, 'device')}.` : ''
  return `${text}${exceptions.length > 0 ? `; ${exceptions.join(', ')}` : ''}.${limit}`
}

function targetText({ kind, filter_name, group }: NamedTarget, count: number): string {
  const devices = counted(count, 'device')
  if (kind === 'filter') return `${devices} matching ${filter_name || 'the filter'}, plus any that match later`
  if (kind === 'group') return `${devices} in group ${group}`
  return kind === 'all'
    ? count === 1
      ? 'the only device'
      : `all ${devices}`
    : `${whole(count)} selected ${count === 1 ? 'device' : 'devices'}`
}

function schedule(preview: Preview, now: number): string {
  const texts = phaseDevicesOf(preview).map((part) => {
    const { devices } = part
    const amount = devices === preview.device_count && devices !== 1 ? 'all' : whole(devices)
    return `${amount} ${startText(part, now)}`
  })
  return texts.join(', then ')
}

function exceptionsOf({ noartifact, already_installed, busy, unknown, ...rules }: Preview): string[] {
  const exceptions: (readonly [number, one: string, many: string])[] = [
    [noartifact, 'has no artifact', 'have no artifact'],
    [already_installed, 'already runs it', 'already run it'],
    [busy, 'is busy with another deployment', 'are busy with another deployment'],
    [unknown, 'is not accepted', 'are not accepted'],
    [rules.excluded ?? 0, 'is excluded', 'are excluded'],
    [rules.outside_window ?? 0, 'is outside its hours now', 'are outside their hours now'],
  ]
  return exceptions.filter(([n]) => n > 0).map(([n, one, many]) => `${whole(n)} ${n === 1 ? one : many}`)
}
