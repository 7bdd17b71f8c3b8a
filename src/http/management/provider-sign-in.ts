import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { beginSignIn, SIGN_IN_LIFETIME_S } from '../../auth/providers/begin-sign-in.ts'
import { completeSignIn } from '../../auth/providers/complete-sign-in.ts'
import { endReportedSessions } from '../../auth/providers/end-reported-sessions.ts'
import { findSignInOptions } from '../../auth/providers/find-sign-in-options.ts'
import { readBegun } from '../../auth/providers/read-begun.ts'
import { SignInOptions } from '../../auth/sign-in-settings.ts'
import { Refusal } from '../../refusal.ts'
import { logoutTokenInvalid } from '../../sign-in-errors.ts'
import { baseUrl } from '../base-url.ts'
import type { Routes } from '../http.ts'
import { PAGES } from '../pages.ts'
import { readSignInCookie, setSessionCookieAt, setSignInCookie } from '../session-cookie.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const FORM = 'application/x-www-form-urlencoded'
const MAX_LOGOUT_TOKEN = 16 * 1024

/** Requests of browsers and providers, without a token. The browser's are responded to by redirects, never by JSON. */
export const providerSignInRoutes: Routes = (http, env) => {
  http.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: MAX_LOGOUT_TOKEN }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  )

  http.get(
    '/auth/providers',
    {
      schema: {
        ...{ tags: ['useradm'], operationId: 'getSignInOptions', summary: 'Get how users can sign in', security: [] },
        querystring: Type.Object({
          tenant: Type.Optional(Type.String({ description: 'ID of the tenant; absent: the default tenant' })),
        }),
        response: { 200: SignInOptions },
      },
    },
    async (request) =>
      findSignInOptions(env, { tenant: request.query.tenant?.toLowerCase(), base_url: baseUrl(env, request) }),
  )

  http.get('/auth/providers/:tenant_id/:id/start', { schema: { hide: true } }, async (request, reply) => {
    const base_url = baseUrl(env, request)
    const query = queryOf(request)
    const page = { base_url, return_to: pageIn(query.get('return')) }
    return orSignInPage(request, reply, page, async () => {
      const stay = query.get('stay') === 'true'
      const { url, token } = await beginSignIn(env, { ...placeOf(request), ...page, stay })
      setSignInCookie(reply, base_url, { token, lifetime_s: SIGN_IN_LIFETIME_S })
      return url
    })
  })

  http.get('/auth/providers/:tenant_id/:id/callback', { schema: { hide: true } }, async (request, reply) => {
    const token = readSignInCookie(request)
    const begun = readBegun(env, token)
    const page = { base_url: begun?.base_url ?? baseUrl(env, request), return_to: begun?.return_to ?? '/' }
    return orSignInPage(request, reply, page, async () => {
      const from = { address: request.ip, isGone: clientGoneCheck(request, reply) }
      const opened = await completeSignIn(env, {
        ...placeOf(request),
        query: queryOf(request).toString(),
        token,
        ...from,
      })
      setSignInCookie(reply, page.base_url)
      setSessionCookieAt(reply, { ...opened, stay: begun?.stay ?? false, base_url: page.base_url })
      return page.base_url + page.return_to
    })
  })

  http.post('/auth/providers/:tenant_id/:id/backchannel_logout', { schema: { hide: true } }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const { logout_token } = (request.body ?? {}) as { logout_token?: unknown }
    if (typeof logout_token !== 'string') throw logoutTokenInvalid('the form has no logout_token')
    await endReportedSessions(env, { ...placeOf(request), logout_token, address: request.ip })
    return reply.code(200).send()
  })
}

const placeOf = ({ params }: FastifyRequest) => {
  const { tenant_id, id } = params as { tenant_id: string; id: string }
  return { tenant_id: tenant_id.toLowerCase(), provider_id: id }
}

const queryOf = ({ url }: FastifyRequest): URLSearchParams => new URLSearchParams(url.split('?').slice(1).join('?'))

const MAX_PATH = 1000
const ANYWHERE = 'http://localhost'

/** The page to return to: one of the web UI, never another place. */
function pageIn(path: string | null): string {
  if (path === null || path.length > MAX_PATH || !/^\/[\x21-\x7e]*$/.test(path)) return '/'
  const [plain = ''] = path.split(/[?#]/)
  // Browsers read it as this class does: with two slashes or a dot segment it would be another place.
  if (!URL.canParse(plain, ANYWHERE) || new URL(plain, ANYWHERE).pathname !== plain) return '/'
  return PAGES.some((page) => plain === page || (page !== '/' && plain.startsWith(`${page}/`))) ? path : '/'
}

type Page = { base_url: string; return_to: string }

/** Redirects to what `work` returns, or to the sign-in page, which explains what went wrong. */
async function orSignInPage(request: FastifyRequest, reply: FastifyReply, page: Page, work: () => Promise<string>) {
  reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  try {
    return reply.redirect(await work(), 303)
  } catch (error) {
    logFailure(request, error)
    const url = new URL(page.base_url + page.return_to)
    url.searchParams.set('sign_in_error', error instanceof Refusal ? error.code : 'unavailable')
    return reply.redirect(url.href, 303)
  }
}

function logFailure(request: FastifyRequest, error: unknown) {
  const { log, id: request_id } = request
  const about = { request_id, ...placeOf(request) }
  if (error instanceof Refusal)
    log.warn({ ...about, code: error.code, reason: error.message }, 'a sign-in by a provider failed')
  else log.error({ ...about, err: error }, 'a sign-in by a provider failed')
}
