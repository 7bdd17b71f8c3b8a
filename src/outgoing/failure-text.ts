/** What OpenSSL says of a response that is not TLS, in its versions. */
const NO_TLS = /wrong version number|packet length too long/

/** Why a request failed. Of several addresses of a host that were tried, the error of the first is returned. */
export function failureText(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const message = (first instanceof Error && first.message) || error.message
  return NO_TLS.test(message) ? 'no TLS is spoken at this port' : message
}
