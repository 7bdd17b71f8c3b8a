import type { Db } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deviceNotAccepted, noRoomForDevice, tenantOfDeviceSuspended } from '../../errors.ts'
import type { AuthSetStatus } from '../auth-set.ts'
import type { Credentials } from '../credentials.ts'
import { deviceTokens, TOKEN_LIFETIME_S, tenantTokens } from '../token.ts'
import { acceptAuthSet } from './accept-auth-set.ts'
import type { AuthSetId } from './find-auth-set.ts'
import { findDeviceId } from './find-device-id.ts'
import { introduceDevice } from './introduce-device.ts'

type Tenant = { tenant_id: string; plan: string; trial: boolean; tenant_status: 'active' | 'suspended' }
type Unknown = { device_id: string | null; status: null }
type Known = AuthSetId & { status: AuthSetStatus; token_generation: number }

// One to make the device or the set, one to find it; more only where others change the same device meanwhile.
const MOST_LOOKS = 6

/**
 * Answers a token to a device that was let in. The first request makes the device and its auth set, for a user to
 * decide; repeating it writes nothing.
 */
export async function requestDeviceToken(
  env: Env,
  { tenant_token, ...credentials }: Credentials & { tenant_token: string | undefined },
): Promise<string> {
  const named = tenantTokens.verify(env.secret, tenant_token ?? '')?.['mender.tenant']
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const found = await find(env.db, named, credentials)
    if (found?.tenant_status === 'suspended') throw tenantOfDeviceSuspended()
    if (found?.status === 'accepted') return sign(env, found)
    if (found?.status === 'preauthorized') await accept(env, found)
    else if (found?.status === null) await introduce(env, found, credentials)
    else break
  }
  throw deviceNotAccepted()
}

const introduce = (env: Env, { tenant_id, device_id }: Tenant & Unknown, credentials: Credentials) =>
  env.db.transaction((tx) =>
    introduceDevice(tx, { tenant_id, known: device_id ?? undefined, credentials, status: 'pending' }, env.now()),
  )

const accept = (env: Env, set: AuthSetId) =>
  env.db.transaction(async (tx) => {
    await lockMemberships(tx, set.tenant_id, 'shared')
    await lockDevices(tx, [set])
    if (!(await isPreauthorized(tx, set))) return
    await acceptAuthSet(tx, set, { now: env.now(), full: noRoomForDevice() })
  })

function sign(env: Env, { tenant_id, device_id, plan, trial, auth_set_id, token_generation }: Tenant & Known): string {
  const iat = Math.floor(env.now().getTime() / 1000)
  return deviceTokens.sign(env.secret, {
    ...{ jti: auth_set_id, sub: device_id, iss: 'Mender', iat, exp: iat + TOKEN_LIFETIME_S },
    ...{ 'mender.tenant': tenant_id, 'mender.device': true, 'mender.plan': plan },
    ...{ 'mender.trial': trial, 'mender.addons': [], generation: token_generation },
  })
}

/** The tenant `named`, or else the default one, with what it knows of the identity and key. Each by its key, wherever that is kept. */
async function find(
  db: Db,
  named: string | undefined,
  { identity, key }: Credentials,
): Promise<(Tenant & (Unknown | Known)) | undefined> {
  const tenant = await db.first<Tenant>(sql`
    select tenant_id, plan, trial, status as tenant_status from tenants
    where tenant_id = ${named ?? ''} or is_default order by tenant_id = ${named ?? ''} desc limit 1`)
  if (!tenant) return undefined
  const device_id = await findDeviceId(db, tenant.tenant_id, identity.sha256)
  const set = await db.first<Known>(sql`
    select tenant_id, device_id, id as auth_set_id, status, token_generation from auth_sets
    where tenant_id = ${tenant.tenant_id} and device_id = ${device_id ?? null} and key_sha256 = ${key.sha256}`)
  return { ...tenant, ...(set ?? { device_id: device_id ?? null, status: null }) }
}

const isPreauthorized = async (tx: Db, { tenant_id, device_id, auth_set_id }: AuthSetId): Promise<boolean> =>
  (await tx.first(sql`
    select 1 from auth_sets where tenant_id = ${tenant_id} and device_id = ${device_id} and id = ${auth_set_id}
      and status = 'preauthorized'`)) !== undefined
