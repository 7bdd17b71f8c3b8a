import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { failureText } from '../../outgoing/failure-text.ts'

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
  const cause = error instanceof ClientError ? error.cause : undefined
  if (cause instanceof Response) return responseText(error, cause)
  const named = (cause as { body?: { issuer?: unknown } } | undefined)?.body?.issuer
  if (typeof named === 'string') return `it calls itself ${named}`
  return (cause instanceof Error && failureText(cause)) || failureText(error)
}

/** The library names neither the status nor the type of a response that it does not expect. */
const responseText = ({ message }: Error, { ok, status, headers }: Response): string =>
  ok ? `${message} ${headers.get('content-type') ?? ''}` : `it responded with ${status}`
