import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Env } from '../../env.ts'
import { featureNotInPlan } from '../../errors.ts'
import { digestsOf } from '../declaration.ts'
import type { ControlMap } from '../deployment.ts'
import { saveControlMap } from '../rows/control-map-rows.ts'

/** Sets the update control map of an unfinished deployment; null removes it. */
export async function changeControlMap(
  env: Env,
  actor: Actor,
  deployment_id: string,
  map: ControlMap | null,
): Promise<void> {
  if (!planHas(actor.plan, 'update_control_map')) throw featureNotInPlan()
  const declared = digestsOf({ update_control_map: map })
  const change = { deployment_id, action: 'update', at: env.now(), to: () => map, declared } as const
  await env.db.transaction((tx) => saveControlMap(tx, actor, change))
}
