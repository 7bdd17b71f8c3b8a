import { idlePoll } from '../poll.ts'
import { deviceId, tokenOf } from './fleet.ts'
import type { PollsOfFleet } from './load.ts'

export type RequestSet = { length: number; at(index: number): Buffer }

export const setOf = (requests: readonly Buffer[]): RequestSet => ({
  length: requests.length,
  at: (index) => requests[index]!,
})

/** Takes 7 us a poll. */
export function pollsOf({ tenant_id, secret, size, stride }: PollsOfFleet): RequestSet {
  const key = Buffer.from(secret, 'base64')
  const at = (index: number) =>
    Buffer.from(idlePoll(tokenOf(key, tenant_id, deviceId(tenant_id, (index * stride) % size))))
  return { length: size, at }
}
