import { createHash } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { Refusal } from '../../refusal.ts'
import { logoutTokenInvalid, providerNotFound, providerUnavailable } from '../../sign-in-errors.ts'
import { CLOCK_TOLERANCE_S } from '../account.ts'
import { limitSignIns } from '../guesses/limit-guesses.ts'
import { LOGOUT_TOKEN_MAX_AGE_S, requireLogoutToken } from '../logout-token.ts'
import { type Connected, connect } from './connect.ts'
import { describeFailure } from './describe-failure.ts'
import { findEnabledProvider } from './find-enabled-provider.ts'
import { endSessionsOf, lockProvider, type ProviderRow } from './provider-rows.ts'

type Report = {
  tenant_id: string
  provider_id: string
  logout_token: string
  /** Of the client. */
  address: string
}

/**
 * Ends the sessions that a provider reports as ended by a signed logout token (OpenID Connect Back-Channel Logout), on
 * all processes. Sessions that were opened with a password, and access tokens, are not those of the provider.
 */
export async function endReportedSessions(env: Env, { address, logout_token, ...place }: Report): Promise<void> {
  const provider = await findEnabledProvider(env, { tenant_id: place.tenant_id, id: place.provider_id })
  const connected = await connect(env, provider)
  const { sub, sid, jti } = await limitSignIns(env, { address }, () =>
    verify(env, { provider, connected, logout_token }),
  )
  await env.db.transaction(async (tx) => {
    const locked = await lockProvider(tx, provider, 'change')
    if (!locked) throw providerNotFound()
    await useOnce(tx, nowText(env), { provider, jti, sid })
    const matching = [...(sid === undefined ? [] : [sql`s.sid = ${sid}`]), ...(sub ? [sql`s.subject = ${sub}`] : [])]
    await endSessionsOf(tx, provider, matching.length === 2 ? sql`${matching[0]!} and ${matching[1]!}` : matching[0])
  })
}

type Verification = { provider: ProviderRow; connected: Connected; logout_token: string }

async function verify(env: Env, { provider, connected: { client, keys }, logout_token }: Verification) {
  const { issuer, id_token_signing_alg_values_supported } = client.serverMetadata()
  const algorithms = (id_token_signing_alg_values_supported ?? ['RS256']).filter((alg) => !/^(none|HS)/.test(alg))
  const payload = await jwtVerify(logout_token, keys, {
    ...{ issuer, audience: provider.client_id, algorithms, currentDate: env.now() },
    ...{ clockTolerance: CLOCK_TOLERANCE_S, maxTokenAge: LOGOUT_TOKEN_MAX_AGE_S },
  }).then(
    (verified): JWTPayload => verified.payload,
    (error) => {
      throw refusalOf(error)
    },
  )
  return requireLogoutToken(payload)
}

/** Failures of the library that mean that the keys of the provider cannot be read. */
const KEYS_FAILED = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

function refusalOf(error: unknown): Refusal {
  const isProviders = !(error instanceof errors.JOSEError) || KEYS_FAILED.includes(error.code)
  return isProviders ? providerUnavailable(describeFailure(error)) : logoutTokenInvalid(error.message)
}

async function useOnce(
  tx: Db,
  now: string,
  { provider, jti, sid }: { provider: ProviderRow; jti: string; sid: string | undefined },
): Promise<void> {
  const jti_sha256 = createHash('sha256').update(jti).digest('base64url')
  const used = await tx.first(sql`
    insert into logout_tokens (tenant_id, provider_id, jti_sha256, sid, used_ts)
    values (${provider.tenant_id}, ${provider.id}, ${jti_sha256}, ${sid ?? null}, ${now})
    on conflict do nothing returning 1`)
  if (!used) throw logoutTokenInvalid('it was used before')
}
