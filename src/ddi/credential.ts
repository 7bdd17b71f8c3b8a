import type { AuthSetStatus } from '../auth/auth-set.ts'
import type { DdiSettings } from './ddi-settings.ts'

/** By what a request authenticates; tokens by their hashes. */
export type Credential =
  | { kind: 'target' | 'gateway'; token_sha256: string }
  /** As a trusted proxy has verified it. */
  | { kind: 'certificate'; name: string; issuers: readonly string[] }

/** What is known of the tenant and the device that a request names. */
export type Known = {
  settings: DdiSettings
  controller_id: string
  /** Whether the tenant has the gateway token. */
  has_gateway_token: boolean
  /** Whether the device has the target token. */
  has_target_token: boolean
  /** Of the device; undefined: there is no such device, or no user has to decide on it yet. */
  status: AuthSetStatus | undefined
}

/** `introduce`: the device has to be created; `accept`: its preauthorization has to be used. */
export type Admission = 'admitted' | 'introduce' | 'accept' | 'wrong_credential' | 'rejected'

export function admissionOf(credential: Credential, known: Known): Admission {
  if (!isRight(credential, known)) return 'wrong_credential'
  if (known.status === undefined) return credential.kind === 'target' ? 'wrong_credential' : 'introduce'
  if (known.status === 'rejected') return 'rejected'
  return known.status === 'preauthorized' ? 'accept' : 'admitted'
}

function isRight(
  credential: Credential,
  { settings, controller_id, has_gateway_token, has_target_token }: Known,
): boolean {
  switch (credential.kind) {
    case 'target':
      return settings.target_token && has_target_token
    case 'gateway':
      return settings.gateway_token && has_gateway_token
    case 'certificate':
      return credential.name === controller_id && credential.issuers.some((one) => isTrusted(one, settings))
  }
}

/** Hashes of issuers come in either case. */
const isTrusted = (issuer: string, { certificate_issuers }: DdiSettings): boolean =>
  certificate_issuers.some((one) => one.toLowerCase() === issuer.toLowerCase())
