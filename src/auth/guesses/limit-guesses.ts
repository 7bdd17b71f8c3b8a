import { createHash } from 'node:crypto'
import type { Env } from '../../env.ts'
import { networkOf } from '../network.ts'
import { limited } from './guess-limit.ts'

const OF_ONE = { free: 10, every_ms: 30_000 }
/** Behind one address may be a whole office. */
const FROM_ADDRESS = { free: 50, every_ms: 2_000 }
/** From anywhere: who guesses codes knows the password already. */
const CODE_OF_ONE = { free: 30, every_ms: 15_000 }

/**
 * Failures are counted for an account at each address by itself: whoever fails elsewhere does not keep its user out.
 * Accounts that do not exist count alike, so that nothing tells.
 */
export const limitPasswords = <Answer>(
  env: Env,
  who: { email: string; address: string },
  guess: () => Promise<Answer>,
) =>
  limited(env, [named('address', FROM_ADDRESS, networkOf(who.address)), named('password', OF_ONE, ...pair(who))], guess)

/** Codes have six digits: many addresses together could try them all. */
export const limitCodes = <Answer>(env: Env, who: { email: string; address: string }, guess: () => Promise<Answer>) =>
  limited(env, [named('code', OF_ONE, ...pair(who)), named('code', CODE_OF_ONE, who.email)], guess)

/** What a user who is signed in proves once more. */
export const limitProofs = <Answer>(env: Env, { user_id }: { user_id: string }, guess: () => Promise<Answer>) =>
  limited(env, [named('proof', OF_ONE, user_id)], guess)

const pair = ({ email, address }: { email: string; address: string }) => [email, networkOf(address)]

/** Hashed: an address that somebody makes up is as long as they like. */
const named = (kind: string, allowance: typeof OF_ONE, ...parts: string[]) => ({
  ...allowance,
  key: createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('base64'),
})
