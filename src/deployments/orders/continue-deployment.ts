import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { nothingPaused } from '../../rollout-errors.ts'
import { continuing, pausesOf } from '../control-map.ts'
import { saveControlMap } from '../rows/control-map-rows.ts'

/**
 * Lets the devices of a deployment go on that its update control map pauses, in these states or in all: they read the
 * changed map by themselves. Devices that come to these states later do not pause either.
 */
export async function continueDeployment(
  env: Env,
  actor: Actor,
  { deployment_id, states }: { deployment_id: string; states: readonly string[] | undefined },
): Promise<void> {
  await env.db.transaction((tx) =>
    saveControlMap(tx, actor, {
      ...{ deployment_id, action: 'continue', at: env.now() },
      to(before) {
        const pauses = pausesOf(before).filter((name) => states === undefined || states.includes(name))
        if (!before || pauses.length === 0) throw nothingPaused()
        return continuing(before, pauses)
      },
    }),
  )
}
