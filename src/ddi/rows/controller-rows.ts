import type { AuthSetStatus } from '../../auth/auth-set.ts'
import { NO_KEY } from '../../auth/ddi-identity.ts'
import { batched } from '../../db/batch.ts'
import { sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { Env } from '../../env.ts'

/** What a request needs to know of its device. */
export type ControllerRow = {
  device_id: string
  device_version: number
  /** Null: the auth set has been deleted. */
  auth_set_id: string | null
  status: AuthSetStatus | null
  token_generation: number | null
  has_target_token: boolean
  wants_config_data: boolean
  /** Of the inventory. */
  device_type: string | null
  /** The device type that the server gave it for want of another. */
  default_device_type: string | null
  artifact_name: string | null
  /** The newest action that has not been closed. */
  open_action_id: number | null
}

type ControllerQuery = {
  tenant_id: string
  identity_sha256: string
  token_sha256: string | undefined
  /** As in `ddi_devices`. */
  type_attributes: string
}

/** Undefined: there is no such device. */
export const findControllerRow = batched<Env, ControllerQuery, ControllerRow | undefined>(readControllers, {
  name: 'ddi_controllers',
})

/** Two statements, because identities and devices are distributed by different columns. */
async function readControllers({ db }: Env, queries: ControllerQuery[]): Promise<(ControllerRow | undefined)[]> {
  const ids = await db.query<{ at: number; tenant_id: string; device_id: string }>(sql`
    select asked.ordinality as at, i.tenant_id, i.device_id
    from unnest(${textArray(queries, ({ tenant_id }) => tenant_id)},
        ${textArray(queries, ({ identity_sha256 }) => identity_sha256)})
      with ordinality as asked (tenant_id, identity_sha256, ordinality)
    join device_identities i on i.tenant_id = asked.tenant_id and i.identity_sha256 = asked.identity_sha256`)
  if (ids.length === 0) return queries.map(() => undefined)
  const rows = await db.query<ControllerRow & { at: number }>(sql`
    select asked.at, d.id as device_id, d.device_version, s.id as auth_set_id, s.status, s.token_generation,
      coalesce(k.target_token_sha256 = asked.token_sha256, false) as has_target_token,
      coalesce(k.wants_config_data, true) or k.type_attributes is distinct from asked.type_attributes
        as wants_config_data, k.default_device_type,
      d.attributes -> 'inventory' ->> 'device_type' as device_type,
      d.attributes -> 'inventory' ->> 'artifact_name' as artifact_name, (
        select a.action_id from ddi_actions a
        where a.tenant_id = d.tenant_id and a.device_id = d.id and a.closed is null
        order by a.action_id desc limit 1) as open_action_id
    from unnest(${textArray(ids, ({ tenant_id }) => tenant_id)}, ${textArray(ids, ({ device_id }) => device_id)},
        ${textArray(ids, ({ at }) => queries[at - 1]?.token_sha256 ?? '')},
        ${textArray(ids, ({ at }) => at)}::int[], ${ids.map(({ at }) => queries[at - 1]?.type_attributes ?? '')}::text[])
      with ordinality as asked (tenant_id, device_id, token_sha256, at, type_attributes, ordinality)
    join devices d on d.tenant_id = asked.tenant_id and d.id = asked.device_id and d.dialect = 'ddi'
    left join auth_sets s on s.tenant_id = d.tenant_id and s.device_id = d.id and s.key_sha256 = ${NO_KEY.sha256}
    left join ddi_devices k on k.tenant_id = d.tenant_id and k.device_id = d.id`)
  const found = new Array<ControllerRow | undefined>(queries.length)
  for (const { at, ...row } of rows) found[at - 1] = row
  return found
}
