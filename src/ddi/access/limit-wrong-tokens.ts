import { limitTokensOfDevice, limitTokensOfNetwork } from '../../auth/guesses/limit-guesses.ts'
import { networkOf } from '../../auth/network.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import type { Env } from '../../env.ts'
import { tooManyGuesses } from '../../errors.ts'
import { TooManyGuesses, WrongGuess } from '../../refusal.ts'

/** Until when, in milliseconds, a token that is not known to be right is refused, by who sends it. */
const blockedOf = perEnv(() => new TwoGenerationCache<number>(1000))

/** `device`: the same text for the same device. `is_known`: the credential was right before, and is verified again. */
export type TokenGuess = { address: string; device: string; is_known: boolean }

/**
 * Authenticates, and counts wrong tokens. Right ones cost nothing, unlike passwords: a whole fleet authenticates with
 * each request. Once too many were wrong, this process verifies no unknown token from there for a while.
 */
export async function limitWrongTokens<Result>(
  env: Env,
  { address, device, is_known }: TokenGuess,
  authenticate: () => Promise<Result>,
): Promise<Result> {
  const network = networkOf(address)
  const senders = [`${network} ${device}`, network]
  if (!is_known) for (const sender of senders) requireNotBlocked(env, sender)
  try {
    return await authenticate()
  } catch (error) {
    if (!(error instanceof WrongGuess)) throw error
    const wrong = () => Promise.reject(error)
    await blocking(env, `${network} ${device}`, limitTokensOfDevice(env, { address, device }, wrong))
    await blocking(env, network, limitTokensOfNetwork(env, { address }, wrong))
    throw error
  }
}

function requireNotBlocked(env: Env, sender: string) {
  const left_ms = (blockedOf(env).get(sender) ?? 0) - env.now().getTime()
  if (left_ms > 0) throw tooManyGuesses(Math.ceil(left_ms / 1000))
}

/** Waits until a wrong guess is counted; throws if there were too many. */
async function blocking(env: Env, sender: string, counted: Promise<never>): Promise<void> {
  try {
    await counted
  } catch (error) {
    if (error instanceof WrongGuess) return
    if (error instanceof TooManyGuesses) blockedOf(env).set(sender, env.now().getTime() + 1000 * error.retry_after_s)
    throw error
  }
}
