import type { NewPassword } from '../../src/auth/links/mailed-link.ts'
import { call } from './http.ts'

const AUTH = '/api/management/v1/useradm/auth'

/** What the link of an e-mail has behind its number sign. */
export const secretOfLink = (): string => location.hash.slice(1)

export const startPasswordReset = (email: string): Promise<void> =>
  call('POST', `${AUTH}/password-reset/start`, { body: { email } })

export const completePasswordReset = (body: NewPassword): Promise<void> =>
  call('POST', `${AUTH}/password-reset/complete`, { body })

export const startEmailVerification = (email: string): Promise<void> =>
  call('POST', `${AUTH}/verify-email/start`, { body: { email } })

export const completeEmailVerification = (secret_hash: string): Promise<void> =>
  call('POST', `${AUTH}/verify-email/complete`, { body: { secret_hash } })
