import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'

const MAX_LENGTH = 300

/** Why a request to a provider failed, or what it has sent is not valid, for logs and administrators. */
export function describeFailure(error: unknown): string {
  const text = sentenceOf(error).replace(/\s+/g, ' ').trim()
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text
}

function sentenceOf(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return [error.error, error.error_description].filter(Boolean).join(': ')
  if (error instanceof WWWAuthenticateChallengeError) return `it responded with ${error.status}`
  if (!(error instanceof Error)) return String(error)
  const cause = error instanceof ClientError && error.cause instanceof Error ? error.cause : undefined
  // Of several addresses of a host, each has an error of its own.
  const inner = cause ?? error
  const [first] = inner instanceof AggregateError ? inner.errors : []
  return (first instanceof Error ? first : inner).message || error.message
}
