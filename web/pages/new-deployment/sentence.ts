import { counted, whole } from '../../../src/texts/numbers.ts'
import { absolute } from '../../../src/texts/times.ts'
import type { Preview } from '../../api/deployments.ts'
import type { TargetDraft } from './draft.ts'

export type Answer = { release: string; target: NamedTarget; preview: Preview }

/** A target as people call it. */
export type NamedTarget = TargetDraft & { filter_name: string }

/** Devices that get it, of those that are there now. */
export const reachedBy = ({ device_count, max_devices }: Preview): number =>
  Math.min(device_count, max_devices ?? device_count)

/** How many devices a phase takes of those that are there now; `cumulative` with those before it. */
export type Part = { start_ts: string | undefined; devices: number; cumulative: number }

/** The phases in devices, none of which is counted twice or beyond the limit. */
export function partsOf(preview: Preview): Part[] {
  const all = reachedBy(preview)
  const planned = preview.phases.length > 0 ? preview.phases : [{}]
  let cumulative = 0
  return planned.map(({ start_ts, device_count: capacity = all }: Partial<Preview['phases'][number]>) => {
    const devices = Math.min(capacity, all - cumulative)
    cumulative += devices
    return { start_ts, devices, cumulative }
  })
}

/** What the deployment will do, from the preview of the server: `release-2.0 to 30 devices in group lab: all now.` */
export function sentence({ release, target, preview }: Answer, now: number): string {
  const doubts = doubtsOf(preview)
  const text = `${release} to ${whom(target, preview.device_count)}: ${schedule(preview, now)}`
  const limit =
    target.kind === 'filter' && preview.max_devices ? ` Stops after ${counted(preview.max_devices, 'device')}.` : ''
  return `${text}${doubts.length > 0 ? `; ${doubts.join(', ')}` : ''}.${limit}`
}

function whom({ kind, filter_name, group }: NamedTarget, count: number): string {
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
  const parts = partsOf(preview)
  const words = parts.map(({ devices, start_ts }) => {
    const amount = devices === preview.device_count && devices !== 1 ? 'all' : whole(devices)
    return `${amount} ${start_ts && Date.parse(start_ts) > now ? `from ${absolute(start_ts)}` : 'now'}`
  })
  return words.join(', then ')
}

function doubtsOf({ noartifact, already_installed, busy, unknown }: Preview): string[] {
  const doubts: (readonly [number, one: string, many: string])[] = [
    [noartifact, 'has no artifact', 'have no artifact'],
    [already_installed, 'already runs it', 'already run it'],
    [busy, 'is busy with another deployment', 'are busy with another deployment'],
    [unknown, 'is not accepted', 'are not accepted'],
  ]
  return doubts.filter(([n]) => n > 0).map(([n, one, many]) => `${whole(n)} ${n === 1 ? one : many}`)
}
