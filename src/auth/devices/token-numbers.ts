import type { DeviceActor } from '../actor.ts'

/** The auth set and the generation of a token, for caches of numbers by device: together they identify it. */
export type TokenNumbers = [auth_set: number, also_auth_set_and_generation: number]

/** 68 bits of an id that the server created at random: enough to tell the few auth sets of one device apart. */
export const tokenNumbers = ({ auth_set_id, token_generation }: DeviceActor): TokenNumbers => [
  Number.parseInt(auth_set_id.slice(24), 16),
  Number.parseInt(auth_set_id.slice(0, 5), 16) * 2 ** 31 + token_generation,
]

/** `row`: begins with the numbers of a token. */
export function isTokenOf(device: DeviceActor, row: readonly number[]): boolean {
  const [first, second] = tokenNumbers(device)
  return row[0] === first && row[1] === second
}
