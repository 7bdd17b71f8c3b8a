import type { NewDeployment } from '../../api/deployments.ts'
import { toPhases, toRollout } from '../../parts/rollout/to-api.ts'
import type { Draft, TargetDraft } from './draft.ts'

type Options = {
  suggested: string
  now: number
  /** The name of the recipe that the rules of the draft are those of, if there is one. */
  recipe: string | undefined
}

/** The request body for both the preview and the creation; undefined if the draft is incomplete. */
export function toBody(draft: Draft, { suggested, now, recipe }: Options): NewDeployment | undefined {
  const target = toTarget(draft.target)
  if (draft.release === '' || !target) return undefined
  const dynamic = draft.target.kind === 'filter'
  return {
    ...{ name: draft.name ?? suggested, artifact_name: draft.release, ...target },
    // The server gives each phase of a recipe a device, also in a small fleet.
    ...(recipe === undefined ? { ...toRollout(draft.rules), phases: toPhases(draft.rules.phases, now) } : { recipe }),
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
