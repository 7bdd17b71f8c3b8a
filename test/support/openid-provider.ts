import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider'

/** The claims of each account, by its subject. */
type Accounts = Record<string, Record<string, unknown>>

type Addresses = { redirect_uri: string; post_logout_redirect_uri: string; backchannel_logout_uri: string }
export type RegisteredClient = Addresses & {
  client_id: string
  client_secret?: string
  metadata?: Partial<ClientMetadata>
}

export type OpenIdProvider = AsyncDisposable & {
  issuer: string
  accounts: Accounts
  /** The logout tokens that it has sent. */
  logout_tokens: string[]
  /** Whether it responds; if not, connections are closed. */
  is_up: boolean
}

type Options = { clients: RegisteredClient[]; in_id_token?: boolean }

const SCOPES = ['openid', 'email', 'profile']
export const CLIENT_SECRET = 'the secret of the client: + %&/'

/**
 * A real OpenID Connect provider, the package `oidc-provider`, on `localhost`: another site than 127.0.0.1. It asks for
 * the account, without a password, and grants everything. `in_id_token`: whether the ID token has all claims, rather
 * than the userinfo endpoint only.
 */
export async function startOpenIdProvider({ clients, in_id_token = false }: Options): Promise<OpenIdProvider> {
  const http = createServer().listen(0, 'localhost')
  await once(http, 'listening')
  const issuer = `http://localhost:${(http.address() as { port: number }).port}`
  const accounts: Accounts = {}
  const logout_tokens: string[] = []
  const key = await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)
  const provider = new Provider(issuer, {
    ...configuration({ accounts, in_id_token }),
    clients: clients.map(toMetadata),
    jwks: { keys: [{ ...key, use: 'sig', kid: 'first' }] },
    fetch: async (url, options = {}) => {
      logout_tokens.push(new URLSearchParams(String(options.body)).get('logout_token') ?? '')
      // Without its check of addresses, which does not allow those of this machine.
      const { method, headers, body, redirect, signal } = options as RequestInit
      return fetch(url, { method, headers, body, redirect, signal } as RequestInit)
    },
  })
  const handle = provider.callback()
  const state = { is_up: true }
  http.on('request', (request, response) => {
    if (!state.is_up) return request.socket.destroy()
    if (request.url?.startsWith('/interaction/')) return interact(provider, request, response)
    return handle(request, response)
  })
  return Object.assign(state, {
    ...{ issuer, accounts, logout_tokens },
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  })
}

const toMetadata = ({
  client_id,
  client_secret = CLIENT_SECRET,
  metadata,
  ...of
}: RegisteredClient): ClientMetadata => ({
  ...{ client_id, backchannel_logout_session_required: true },
  ...(metadata?.token_endpoint_auth_method === 'none' ? {} : { client_secret }),
  ...{ redirect_uris: [of.redirect_uri], backchannel_logout_uri: of.backchannel_logout_uri },
  ...{ post_logout_redirect_uris: [of.post_logout_redirect_uri], ...metadata },
})

const configuration = ({ accounts, in_id_token }: { accounts: Accounts; in_id_token: boolean }): Configuration => ({
  claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
  conformIdTokenClaims: !in_id_token,
  cookies: { keys: ['a key of a test'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource },
  },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  findAccount: async (_ctx, sub) =>
    accounts[sub] && { accountId: sub, claims: async () => ({ sub, ...accounts[sub] }) },
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client?.clientId ?? '',
      accountId: oidc.session?.accountId ?? '',
    })
    grant.addOIDCScope(SCOPES.join(' '))
    await grant.save()
    return grant
  },
})

/** Asks, as providers do, whether the user wants to sign out there, too. */
const logoutSource = async (ctx: { body: unknown }, form: string) => {
  ctx.body = page(
    'Sign out',
    `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`,
  )
}

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`

async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  if (request.url?.endsWith('/abort')) {
    const result = { error: 'access_denied', error_description: 'the user has canceled' }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }
  if (request.method !== 'POST') {
    const form = '<form method="post"><input name="login" aria-label="Account"><button>Continue</button></form>'
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(page('Company account', `${form}<a href="${request.url}/abort">Cancel</a>`))
  }
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const result = { login: { accountId: new URLSearchParams(text).get('login') ?? '' } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}
