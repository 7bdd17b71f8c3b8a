import type { Env } from '../../env.ts'
import { clientGone } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { providerNotFound, signInExpired } from '../../sign-in-errors.ts'
import { accountIn } from '../account.ts'
import { limitSignIns } from '../guesses/limit-guesses.ts'
import { recordSession } from '../sessions/record-session.ts'
import { signUserToken } from '../sessions/sign-user-token.ts'
import { admitAccount, isKnownAccount } from './admit-account.ts'
import { connect } from './connect.ts'
import { exchangeCode, type Proven } from './exchange-code.ts'
import { findEnabledProvider } from './find-enabled-provider.ts'
import { lockProvider, type ProviderRow } from './provider-rows.ts'
import { readBegun } from './read-begun.ts'
import { recordProviderSession } from './record-provider-session.ts'

type Request = {
  tenant_id: string
  provider_id: string
  query: string
  /** What the browser has kept; undefined: nothing. */
  token: string | undefined
  /** Of the client. */
  address: string
  /** Whether the client has closed the connection. */
  isGone: () => boolean
}

/** A session token and its lifetime. */
type Opened = { token: string; lifetime_s: number }

/** Completes a sign-in that was begun in the same browser, on any process, and opens a session. */
export async function completeSignIn(env: Env, { token, address, query, isGone, ...place }: Request): Promise<Opened> {
  const begun = readBegun(env, token)
  if (!begun || begun.tenant_id !== place.tenant_id || begun.provider_id !== place.provider_id) throw signInExpired()
  const provider = await findEnabledProvider(env, { tenant_id: begun.tenant_id, id: begun.provider_id })
  const { client } = await connect(env, provider)
  const { rules } = provider
  const proven = await limitSignIns(env, { address }, () => exchangeCode(client, { begun, query, rules }))
  return open(env, { provider, proven, isGone })
}

type Opening = { provider: ProviderRow; proven: Proven; isGone: () => boolean }

async function open(env: Env, { provider, proven, isGone }: Opening): Promise<Opened> {
  const account = accountIn(proven.claims, proven.issuer, provider.rules)
  const now = env.now()
  // Two first sign-ins of an account follow each other, so that only one creates the user.
  const lock = (await isKnownAccount(env.db, provider.tenant_id, account)) ? 'share' : 'change'
  const lifetime_s = provider.rules.session_hours * 60 * 60
  const token = await env.db.transaction(async (tx) => {
    const locked = await lockProvider(tx, provider, lock)
    if (!locked?.enabled || locked.updated_ts !== provider.updated_ts) throw providerNotFound()
    const user = await admitAccount(tx, now, { provider: locked, account })
    const session = signUserToken(env, user, lifetime_s)
    await recordSession(tx, user, session)
    await recordProviderSession(tx, { provider: locked, token_id: session.id, subject: account.subject, proven })
    const actor = { tenant_id: user.tenant_id, user_id: user.id, email: user.email }
    const object = eventObject('user', user.id, { email: user.email })
    await recordEvent(tx, actor, { at: now, action: 'login', object, change: `Signed in by ${locked.name}` })
    if (isGone()) throw clientGone()
    return session.text
  })
  return { token, lifetime_s }
}
