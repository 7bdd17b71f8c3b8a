import { sql } from '../../db/sql.ts'
import { PLACES } from './place-columns.ts'

/** The columns of `ActiveRow`, of a deployment `d`. */
export const ACTIVE_ROW = sql`
  d.tenant_id, d.id, d.artifact_name, d.created, d.type, d.dynamic, d.audience, d.groups,
  coalesce(d.filter -> 'terms', '[]') as terms, d.retries, d.force_installation,
  d.dynamic and d.max_devices is not null as may_be_full,
  d.rollout is not null or (d.dynamic and d.max_devices is not null) or exists (
    select 1 from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id) as limited,
  d.rollout, d.exclude, d.rollback_of, octet_length(d.configuration::text) as configuration_bytes,
  ${PLACES} as places`
