import { batched } from '../db/batch.ts'
import { type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { DeviceActor } from './actor.ts'
import { deviceTokens, isExpired } from './token.ts'

/** Whom a device token names, by its signature and expiry alone: revocation is for the database to say. */
export function readDeviceToken(env: Env, token: string): DeviceActor | undefined {
  const claims = deviceTokens.verify(env.secret, token)
  if (!claims || isExpired(claims, env.now())) return undefined
  return {
    tenant_id: claims['mender.tenant'],
    device_id: claims.sub,
    auth_set_id: claims.jti,
    token_generation: claims.generation,
  }
}

/**
 * The devices among `asking` (a from-item with tenant_id, device_id, auth_set_id, token_generation) whose token is good:
 * auth set accepted, token not revoked, tenant active.
 */
export const goodTokens = (asking: Sql): Sql => sql`${asking}
  join auth_sets s on s.tenant_id = asking.tenant_id and s.device_id = asking.device_id and s.id = asking.auth_set_id
    and s.status = 'accepted' and s.token_generation = asking.token_generation
  join tenants t on t.tenant_id = asking.tenant_id and t.status = 'active'`

/** The columns of many devices as parameters, with their position from 1 in `ordinality`. */
export const asking = (devices: readonly DeviceActor[]): Sql => sql`
  unnest(${devices.map(({ tenant_id }) => tenant_id)}::text[], ${devices.map(({ device_id }) => device_id)}::text[],
    ${devices.map(({ auth_set_id }) => auth_set_id)}::text[], ${devices.map((device) => device.token_generation)}::int[])
  with ordinality as asking (tenant_id, device_id, auth_set_id, token_generation, ordinality)`

/** Whether a device's token is still good, asked for many devices at once. */
export const isDeviceAccepted = batched<Env, DeviceActor, boolean>(
  async (env, devices) => {
    const rows = await env.db.query<{ at: number }>(sql`
    select ordinality as at from ${goodTokens(asking(devices))}`)
    const good = new Set(rows.map(({ at }) => at))
    return devices.map((_, i) => good.has(i + 1))
  },
  { name: 'device_tokens' },
)
