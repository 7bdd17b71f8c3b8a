import { batched } from '../../db/batch.ts'
import type { Hot } from '../../db/db.ts'
import { perObject } from '../../db/memory/per-object.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import { type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { DeviceActor } from '../actor.ts'
import { deviceTokens, SIGNATURE_LENGTH } from '../token.ts'

/** Half of the tokens remembered; each takes about 700 bytes. */
const REMEMBERED = 25_000
type Named = { token: string; device: DeviceActor; expires_ms: number }
const remembered = perObject((_secret: Buffer) => new TwoGenerationCache<Named>(REMEMBERED))
/**
 * Part of the signatures that were met lately. A token is remembered when it is met again before others took its place: with a fleet that is
 * larger than what can be remembered, hardly one is, and the garbage collector has none of them to carry about.
 */
const met = new Int32Array(65_536)

/** Whom a device token names, by its signature and expiry alone: revocation is for the database to say. */
export function readDeviceToken(env: Env, token: string): DeviceActor | undefined {
  const known = remembered(env.secret)
  // By its signature, which is short to look up; the whole must still be the same.
  const key = token.slice(-SIGNATURE_LENGTH)
  let named = known.get(key)
  if (named?.token !== token) {
    named = verify(env, token)
    if (!named) return undefined
    if (wasMet(key)) known.set(key, named)
  }
  return named.expires_ms > env.now().getTime() ? named.device : undefined
}

function wasMet(signature: string): boolean {
  let part = 0
  for (let i = 0; i < 6; i++) part = Math.imul(part, 67) + signature.charCodeAt(i)
  const at = (part >>> 8) % met.length
  const before = met[at] === part
  met[at] = part
  return before
}

function verify(env: Env, token: string): Named | undefined {
  const claims = deviceTokens.verify(env.secret, token)
  if (!claims) return undefined
  const { 'mender.tenant': tenant_id, sub: device_id, jti: auth_set_id, generation: token_generation, exp } = claims
  return { token, device: { tenant_id, device_id, auth_set_id, token_generation }, expires_ms: exp * 1000 }
}

/**
 * Many devices as parameters, with their position from 1 in `ordinality`. As joined texts: an array costs the client
 * several times as much. The ids are those of tokens that we signed, and hold no comma.
 */
export const asking = (devices: readonly DeviceActor[]): Sql => sql`
  unnest(${column(devices, (device) => device.tenant_id)}, ${column(devices, (device) => device.device_id)},
    ${column(devices, (device) => device.auth_set_id)}, ${column(devices, (device) => device.token_generation)}::int[])
  with ordinality as asking (tenant_id, device_id, auth_set_id, token_generation, ordinality)`

/**
 * The active tenants of these devices, `deployments_version`, `last_listing_created` and plan: as a query of its own, which looks at no row beside it. These
 * may be on another machine.
 */
export const activeTenants = (devices: readonly DeviceActor[], { fence: apart }: Pick<Hot, 'fence'>): Sql => sql`(
  select t.tenant_id, t.deployments_version, t.last_listing_created, case when t.trial then 'enterprise' else t.plan end as plan from tenants t
  where t.tenant_id = any(${column([...new Set(devices.map(({ tenant_id }) => tenant_id))], (id) => id)}) and t.status = 'active'
  ${apart})`

/** Beside a device that is `asking`: one row where its token is good. */
export const goodTokens = ({ fence: apart }: Pick<Hot, 'fence'>): Sql => sql`lateral (
    select from auth_sets s
    where s.tenant_id = asking.tenant_id and s.device_id = asking.device_id and s.status = 'accepted'
      and s.id = asking.auth_set_id and s.token_generation = asking.token_generation ${apart}
  ) s`

export const column = <Row>(rows: readonly Row[], of: (row: Row) => string | number): Sql =>
  sql`string_to_array(${rows.map(of).join(',')}, ',')`

/** Whether a device's token is still good, asked for many devices at once: auth set accepted, token not revoked, tenant active. */
export const isDeviceAccepted = batched<Env, DeviceActor, boolean>(readAccepted, { name: 'device_tokens' })

/** The version of a device (`device_version`) whose token is still good; undefined: it is not. */
export const acceptedVersion = batched<Env, DeviceActor, number | undefined>(readVersions, {
  name: 'inventory_unchanged',
})

async function readVersions({ db: { hot } }: Env, devices: DeviceActor[]): Promise<(number | undefined)[]> {
  const rows = await hot.query<{ at: number; device_version: number }>(sql`
    select asking.ordinality as at, d.device_version from ${asking(devices)}
    cross join lateral (
      select d.device_version from devices d where d.tenant_id = asking.tenant_id and d.id = asking.device_id ${hot.fence}
    ) d
    cross join ${goodTokens(hot)}
    join ${activeTenants(devices, hot)} t on t.tenant_id = asking.tenant_id`)
  const versions = new Array<number | undefined>(devices.length)
  for (const { at, device_version } of rows) versions[at - 1] = device_version
  return versions
}

async function readAccepted(env: Env, devices: DeviceActor[]): Promise<boolean[]> {
  const { hot } = env.db
  const rows = await hot.query<{ at: number }>(sql`
    select asking.ordinality as at from ${asking(devices)}
    cross join ${goodTokens(hot)}
    join ${activeTenants(devices, hot)} t on t.tenant_id = asking.tenant_id`)
  const good = new Set(rows.map(({ at }) => at))
  return devices.map((_, i) => good.has(i + 1))
}
