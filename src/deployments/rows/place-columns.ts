import { raw } from '../../db/sql.ts'

/** For which devices each phase of a deployment `d` is, as `PhasePlace[]`; null: each is for any device. */
export const PLACES = raw(`(
  select jsonb_agg(jsonb_build_object('named', f.named, 'rank_below', f.rank_below) order by f.phase_index)
  from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id
  having bool_or(f.named is not null or f.rank_below is not null or d.rollout ->> 'order' = 'random'))`)
