import type { NewDeployment } from '../../api/deployments.ts'
import type { Draft, PhaseDraft, TargetDraft } from './draft.ts'

const UNITS_MS = { hours: 3_600_000, days: 24 * 3_600_000 }

/** The request body for both the preview and the creation; undefined if the draft is incomplete. */
export function toBody(draft: Draft, suggested: string, now: number): NewDeployment | undefined {
  const target = toTarget(draft.target)
  if (draft.release === '' || !target) return undefined
  const dynamic = draft.target.kind === 'filter'
  return {
    ...{ name: draft.name ?? suggested, artifact_name: draft.release, ...target, phases: toPhases(draft.phases, now) },
    retries: (draft.attempts === '' ? 1 : draft.attempts) - 1,
    force_installation: draft.force,
    ...(dynamic && draft.max_devices !== '' ? { max_devices: draft.max_devices } : {}),
  }
}

/** The target of the draft; undefined if none is chosen yet. */
export function toTarget({ kind, filter_id, group, devices }: TargetDraft) {
  if (kind === 'filter') return filter_id === '' ? undefined : { filter_id }
  if (kind === 'group') return group === '' ? undefined : { group }
  if (kind === 'devices') return devices.length === 0 ? undefined : { devices }
  return { all_devices: true }
}

/**
 * A single phase that opens immediately is sent as no phases. The last phase takes the rest. Blank fields are sent as
 * null, so that the server reports them.
 */
function toPhases(phases: readonly PhaseDraft[], now: number) {
  const [only] = phases
  if (phases.length === 1 && only?.when === 'now') return []
  let start = now
  return phases.map(({ percent, ...phase }, i) => {
    const at = startOf(phase, start)
    start = at ?? start
    return {
      ...(i === phases.length - 1 ? {} : { batch_size: percent === '' ? null : percent }),
      ...(phase.when === 'now' ? {} : { start_ts: at === undefined ? null : new Date(at).toISOString() }),
    }
  })
}

/** The latest time that a Date can represent. */
const MAX_DATE_MS = 8.64e15

/** undefined: the time is missing or invalid. */
function startOf({ when, at, amount }: Omit<PhaseDraft, 'percent'>, previous: number): number | undefined {
  if (when === 'now') return previous
  const time = when === 'at' ? Date.parse(at) : amount === '' ? Number.NaN : previous + amount * UNITS_MS[when]
  return Math.abs(time) <= MAX_DATE_MS ? time : undefined
}
