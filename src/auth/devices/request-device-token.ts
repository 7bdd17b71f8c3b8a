import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotAccepted, tenantOfDeviceSuspended } from '../../errors.ts'
import type { AuthSetStatus } from '../auth-set.ts'
import type { Credentials } from '../credentials.ts'
import { deviceTokens, TOKEN_LIFETIME_S, tenantTokens } from '../token.ts'
import type { AuthSetId } from './find-auth-set.ts'
import { findDeviceId } from './find-device-id.ts'
import { introduceDevice } from './introduce-device.ts'
import { noteSharedIdentity } from './note-shared-identity.ts'
import { usePreauthorization } from './use-preauthorization.ts'

type Tenant = { tenant_id: string; plan: string; trial: boolean; tenant_status: 'active' | 'suspended' }
type UnknownAuthSet = { device_id: string | null; status: null }
/** `takes_turns`: the key is pending, and the device has called with its accepted key since this one appeared. */
type KnownAuthSet = AuthSetId & { status: AuthSetStatus; token_generation: number; takes_turns: boolean }

// One try creates the device or the set, one finds it; more are needed only if others change the device concurrently.
const MAX_TRIES = 6

/**
 * Returns a token for an accepted device. The first request of an unknown device or key creates the device and its auth
 * set, which then wait for the decision of a user; further requests write nothing.
 */
export async function requestDeviceToken(
  env: Env,
  { tenant_token, ...credentials }: Credentials & { tenant_token: string | undefined },
): Promise<string> {
  const tenant_id = tenantTokens.verify(env.secret, tenant_token ?? '')?.['mender.tenant']
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await findByCredentials(env.db, tenant_id, credentials)
    if (found?.tenant_status === 'suspended') throw tenantOfDeviceSuspended()
    if (found?.status === 'accepted') return sign(env, found)
    if (found?.status === 'preauthorized') await usePreauthorization(env, found)
    else if (found?.status === null) await introduce(env, found, credentials)
    else {
      if (found?.status === 'pending' && found.takes_turns) await noteSharedIdentity(env, found)
      break
    }
  }
  throw deviceNotAccepted()
}

const introduce = (env: Env, { tenant_id, device_id }: Tenant & UnknownAuthSet, credentials: Credentials) =>
  env.db.transaction((tx) => {
    const known_id = device_id ?? undefined
    return introduceDevice(tx, { tenant_id, known_id, dialect: 'mender', credentials, status: 'pending' }, env.now())
  })

function sign(
  env: Env,
  { tenant_id, device_id, plan, trial, auth_set_id, token_generation }: Tenant & KnownAuthSet,
): string {
  const iat = Math.floor(env.now().getTime() / 1000)
  return deviceTokens.sign(env.secret, {
    ...{ jti: auth_set_id, sub: device_id, iss: 'Mender', iat, exp: iat + TOKEN_LIFETIME_S },
    ...{ 'mender.tenant': tenant_id, 'mender.device': true, 'mender.plan': plan },
    ...{ 'mender.trial': trial, 'mender.addons': [], generation: token_generation },
  })
}

/**
 * The tenant with this id, or else the default one, and its auth set of the identity and key. One statement per table,
 * each by its distribution column: the tables may be on different nodes.
 */
async function findByCredentials(
  db: Db,
  tenant_id: string | undefined,
  { identity, key }: Credentials,
): Promise<(Tenant & (UnknownAuthSet | KnownAuthSet)) | undefined> {
  const tenant = await db.first<Tenant>(sql`
    select tenant_id, plan, trial, status as tenant_status from tenants
    where tenant_id = ${tenant_id ?? ''} or is_default order by tenant_id = ${tenant_id ?? ''} desc limit 1`)
  if (!tenant) return undefined
  const device_id = await findDeviceId(db, tenant.tenant_id, identity.sha256)
  const set = await db.first<KnownAuthSet>(sql`
    select s.tenant_id, s.device_id, s.id as auth_set_id, s.status, s.token_generation,
      s.status = 'pending' and exists (
        select 1 from auth_sets a join check_ins c on c.device_id = a.device_id and c.tenant_id = a.tenant_id
        where a.tenant_id = s.tenant_id and a.device_id = s.device_id and a.status = 'accepted'
          and c.at > s.ts + interval '1 minute') as takes_turns
    from auth_sets s
    where s.tenant_id = ${tenant.tenant_id} and s.device_id = ${device_id ?? null} and s.key_sha256 = ${key.sha256}`)
  return { ...tenant, ...(set ?? { device_id: device_id ?? null, status: null }) }
}
