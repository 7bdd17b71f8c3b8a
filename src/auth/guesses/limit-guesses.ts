import { createHash } from 'node:crypto'
import type { Env } from '../../env.ts'
import { networkOf } from '../network.ts'
import { type GuessLimit, withGuessLimits } from './guess-limit.ts'

type Allowance = Pick<GuessLimit, 'free' | 'every_ms'>

const PER_ACCOUNT: Allowance = { free: 10, every_ms: 30_000 }
/** Higher, because a whole office may share one address. */
const PER_NETWORK: Allowance = { free: 50, every_ms: 2_000 }
/** From all networks together: an attacker who guesses codes knows the password already. */
const CODES_PER_ACCOUNT: Allowance = { free: 30, every_ms: 15_000 }

/**
 * Failures are counted per account and network, so that an attacker elsewhere does not lock out the user. Accounts that
 * do not exist are counted alike: the limit does not reveal which do.
 */
export const limitPasswords = <Result>(
  env: Env,
  { email, address }: { email: string; address: string },
  guess: () => Promise<Result>,
) => {
  const network = networkOf(address)
  const limits = [limitOf('address', PER_NETWORK, network), limitOf('password', PER_ACCOUNT, email, network)]
  return withGuessLimits(env, limits, guess)
}

/** Codes have six digits: many addresses together could try them all. */
export const limitCodes = <Result>(
  env: Env,
  { email, address }: { email: string; address: string },
  guess: () => Promise<Result>,
) => {
  const limits = [limitOf('code', PER_ACCOUNT, email, networkOf(address)), limitOf('code', CODES_PER_ACCOUNT, email)]
  return withGuessLimits(env, limits, guess)
}

/** Codes and logout tokens of sign-in providers, which nobody can guess: what is limited is the work that they cause. */
export const limitSignIns = <Result>(env: Env, { address }: { address: string }, guess: () => Promise<Result>) =>
  withGuessLimits(env, [limitOf('sign-in', PER_NETWORK, networkOf(address))], guess)

/** A device with a wrong token asks every minute or so, and must not block others behind the same address. */
const TOKENS_PER_NETWORK: Allowance = { free: 200, every_ms: 1_000 }

/** Tokens by which devices authenticate, for one device. */
export const limitTokensOfDevice = <Result>(
  env: Env,
  { address, device }: { address: string; device: string },
  guess: () => Promise<Result>,
) => withGuessLimits(env, [limitOf('device token', PER_ACCOUNT, networkOf(address), device)], guess)

/** The same for all devices of a network. */
export const limitTokensOfNetwork = <Result>(
  env: Env,
  { address }: { address: string },
  guess: () => Promise<Result>,
) => withGuessLimits(env, [limitOf('device tokens', TOKENS_PER_NETWORK, networkOf(address))], guess)

/** Links of e-mails. */
export const limitLinks = <Result>(env: Env, { address }: { address: string }, guess: () => Promise<Result>) =>
  withGuessLimits(env, [limitOf('link', PER_NETWORK, networkOf(address))], guess)

/** By any client: no mailbox can be filled. */
const MAILS_PER_ACCOUNT: Allowance = { free: 5, every_ms: 10 * 60_000 }
const MAILS_PER_NETWORK: Allowance = { free: 20, every_ms: 60_000 }

/** Requests for e-mails to an address, whether there is such a user or not. */
export const limitMails = (env: Env, { email, address }: { email: string; address: string }): Promise<void> => {
  const limits = [
    limitOf('mails from', MAILS_PER_NETWORK, networkOf(address)),
    limitOf('mails', MAILS_PER_ACCOUNT, email),
  ]
  return withGuessLimits(env, limits, async () => {}, { every: 'e-mails' })
}

/** What a signed-in user has to prove again. */
export const limitProofs = <Result>(env: Env, { user_id }: { user_id: string }, guess: () => Promise<Result>) =>
  withGuessLimits(env, [limitOf('proof', PER_ACCOUNT, user_id)], guess)

/** The key is a hash: an address can be a text of any length. */
const limitOf = (kind: string, allowance: Allowance, ...parts: string[]): GuessLimit => ({
  ...allowance,
  key: createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('base64'),
})
