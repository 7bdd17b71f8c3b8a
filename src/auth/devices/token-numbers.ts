import { shortUuidNumbers } from '../../db/memory/uuid-numbers.ts'
import type { DeviceActor } from '../actor.ts'

/** The auth set and the generation of a token, for caches of numbers by device: together they identify it. */
export type TokenNumbers = [auth_set: number, also_auth_set: number, generation: number]

export const tokenNumbers = ({ auth_set_id, token_generation }: DeviceActor): TokenNumbers => [
  ...shortUuidNumbers(auth_set_id),
  token_generation,
]

/** `row`: begins with the numbers of a token. */
export function isTokenOf({ auth_set_id, token_generation }: DeviceActor, row: readonly number[]): boolean {
  const [first, second] = shortUuidNumbers(auth_set_id)
  return row[0] === first && row[1] === second && row[2] === token_generation
}
