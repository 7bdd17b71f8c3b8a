import { counted, whole } from '../../../src/texts/numbers.ts'
import type { Preview } from '../../api/deployments.ts'
import { scheduleText } from '../../parts/rollout/schedule-text.ts'
import type { TargetDraft } from './draft.ts'

export type PreviewState = { release: string; target: NamedTarget; preview: Preview }

/** A target with the name of its filter. */
export type NamedTarget = TargetDraft & { filter_name: string }

/** What the deployment will do, from the preview of the server: `release-2.0 to 30 devices in group lab: all now.` */
export function sentence({ release, target, preview }: PreviewState, now: number): string {
  const exceptions = exceptionsOf(preview)
  const text = `${release} to ${targetText(target, preview.device_count)}: ${scheduleText(preview, now)}`
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

function exceptionsOf({ noartifact, already_installed, busy, unknown, ...rules }: Preview): string[] {
  const exceptions: (readonly [number, one: string, many: string])[] = [
    [noartifact - (rules.downgrade ?? 0), 'has no artifact', 'have no artifact'],
    [rules.downgrade ?? 0, 'has a newer version', 'have a newer version'],
    [rules.version_unknown ?? 0, 'has no version to compare', 'have no version to compare'],
    [rules.no_device_type ?? 0, 'has reported no device type', 'have reported no device type'],
    [already_installed, 'already runs it', 'already run it'],
    [busy, 'is busy with another deployment', 'are busy with another deployment'],
    [unknown, 'is not accepted', 'are not accepted'],
    [rules.excluded ?? 0, 'is excluded', 'are excluded'],
    [rules.pinned ?? 0, 'pinned device is left out', 'pinned devices are left out'],
    [rules.pinned_for_now ?? 0, 'waits for the end of its pin', 'wait for the end of their pins'],
    [rules.outside_window ?? 0, 'is outside its hours now', 'are outside their hours now'],
    [rules.in_quiet_hours ?? 0, 'is in quiet hours now', 'are in quiet hours now'],
  ]
  return exceptions.filter(([n]) => n > 0).map(([n, one, many]) => `${whole(n)} ${n === 1 ? one : many}`)
}
