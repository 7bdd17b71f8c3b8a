import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export type ForgedProvider = AsyncDisposable & {
  issuer: string
  /** The status and the body of the token endpoint. */
  tokens: { status: number; body: object }
  userinfo: object
  /** Requests that it got, by path. */
  asked: string[]
  /** How each request is delayed. */
  delay_ms: number
  metadata: Record<string, unknown>
  /** A token that it has signed, or somebody else. */
  sign(claims: JWTPayload, options?: { forged?: boolean; typ?: string }): Promise<string>
}

/** A provider that says and signs whatever a test wants: no real one does. */
export async function startForgedProvider(): Promise<ForgedProvider> {
  const [own, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }]
  const http = createServer().listen(0, 'localhost')
  await once(http, 'listening')
  const issuer = `http://localhost:${(http.address() as { port: number }).port}`
  const state: Omit<ForgedProvider, typeof Symbol.asyncDispose> = {
    ...{ issuer, tokens: { status: 200, body: {} }, userinfo: {}, asked: [], delay_ms: 0, metadata: {} },
    sign: (claims, { forged = false, typ = 'JWT' } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'own', typ })
        .sign(forged ? other.privateKey : own.privateKey),
  }
  http.on('request', async (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    state.asked.push(path)
    if (state.delay_ms > 0) await new Promise((wake) => setTimeout(wake, state.delay_ms).unref())
    const bodies: Record<string, [number, object]> = {
      '/.well-known/openid-configuration': [200, { ...describe(issuer), ...state.metadata }],
      '/jwks': [200, { keys }],
      '/token': [state.tokens.status, state.tokens.body],
      '/userinfo': [200, state.userinfo],
    }
    const [status, body] = bodies[path] ?? [404, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return Object.assign(state, {
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  })
}

const describe = (issuer: string) => ({
  ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
  ...{ jwks_uri: `${issuer}/jwks`, userinfo_endpoint: `${issuer}/userinfo` },
  ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
  ...{ id_token_signing_alg_values_supported: ['RS256'] },
})
