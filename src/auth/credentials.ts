import type { Refusal } from '../refusal.ts'
import { type DeviceKey, readDeviceKey } from './device-key.ts'
import { type Identity, readIdentity } from './identity.ts'

/** The identity of a device, and the key with which it signs requests. */
export type Credentials = { identity: Identity; key: DeviceKey }

export function readCredentials(
  { identity_data, pubkey }: { identity_data: unknown; pubkey: string | undefined },
  refuse: (problem: string) => Refusal,
): Credentials {
  const identity = readIdentity(identity_data)
  if (!identity) throw refuse('the identity must be a JSON object of at most 16384 characters')
  if (!pubkey) throw refuse('pubkey must be provided')
  const key = readDeviceKey(pubkey)
  if (!key) throw refuse('cannot decode public key')
  return { identity, key }
}
