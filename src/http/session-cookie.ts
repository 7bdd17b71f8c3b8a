import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Env } from '../env.ts'

const NAME = 'muster_session'
/** The cookie that the scripts of Mender's web GUI set. */
const MENDER_NAME = 'JWT'
/** Browsers keep no cookie for longer than 400 days. */
const LONGEST_S = 400 * 24 * 60 * 60

/** For the document: `rootPathOf` reads the header. */
export const CookiePath = Type.Object({
  'x-muster-path': Type.Optional(
    Type.String({
      description:
        'Path of the cookie: where the browser sees the root of the server, such as `/muster/` if a proxy serves it there; by default `/`',
    }),
  ),
})

/** The session token from the cookie of a browser. */
export function readSessionCookie({ headers }: FastifyRequest): string | undefined {
  const cookies = parseCookie(headers.cookie ?? '')
  return cookies[NAME] ?? cookies[MENDER_NAME]
}

/**
 * Sends the session in a cookie that neither scripts nor other sites can read. `stay`: it outlives the browser window.
 */
export function setSessionCookie(
  env: Env,
  request: FastifyRequest,
  reply: FastifyReply,
  { token, stay }: { token: string; stay: boolean },
): void {
  write(reply, { value: token, ...(stay ? { maxAge: LONGEST_S } : {}), ...placeOf(env, request) })
}

type OpenedSession = { token: string; stay: boolean; lifetime_s: number; base_url: string }

/** The same in the response to a request that the web UI has not sent: `base_url` is where the browser sees the root. */
export const setSessionCookieAt = (reply: FastifyReply, { token, stay, lifetime_s, base_url }: OpenedSession): void =>
  write(reply, { value: token, ...(stay ? { maxAge: lifetime_s } : {}), ...placeAt(base_url) })

export const clearSessionCookie = (env: Env, request: FastifyRequest, reply: FastifyReply): void =>
  write(reply, { value: '', maxAge: 0, ...placeOf(env, request) })

type Place = { root: string; secure: boolean }

const placeOf = (env: Env, request: FastifyRequest): Place => ({
  root: rootPathOf(request),
  secure: isSecure(env, request),
})

const placeAt = (base_url: string): Place => ({
  root: `${new URL(base_url).pathname.replace(/\/$/, '')}/`,
  secure: base_url.startsWith('https:'),
})

function write(reply: FastifyReply, { root, ...content }: { value: string; maxAge?: number } & Place) {
  const attributes = { path: `${root}api/`, httpOnly: true, sameSite: 'strict' } as const
  append(reply, stringifySetCookie({ name: NAME, ...attributes, ...content }))
}

/** Browsers send this cookie also when a provider sends them back, which is a request of another site. */
const SIGN_IN_NAME = 'muster_sign_in'

export const readSignInCookie = ({ headers }: FastifyRequest): string | undefined =>
  parseCookie(headers.cookie ?? '')[SIGN_IN_NAME]

/** Keeps a sign-in that has begun, for so long. Without a lifetime it is deleted. */
export function setSignInCookie(
  reply: FastifyReply,
  base_url: string,
  { token, lifetime_s }: { token: string; lifetime_s: number } = { token: '', lifetime_s: 0 },
): void {
  const { root, secure } = placeAt(base_url)
  const attributes = { path: `${root}api/management/v1/useradm/auth/providers/`, httpOnly: true, secure } as const
  const content = { name: SIGN_IN_NAME, value: token, maxAge: lifetime_s, sameSite: 'lax' } as const
  append(reply, stringifySetCookie({ ...content, ...attributes }))
}

const append = (reply: FastifyReply, cookie: string) =>
  reply.header('set-cookie', [reply.getHeader('set-cookie') ?? [], cookie].flat().map(String))

/** The path at which the browser sees the root of this server: only the web UI knows if a proxy serves it below one. */
function rootPathOf({ headers }: FastifyRequest): string {
  const path = headers['x-muster-path']
  return typeof path === 'string' && /^\/(?:[\w.~%-]+\/)*$/.test(path) ? path : '/'
}

/** Whether the browser uses https, to this server or to a proxy in front of it. */
const isSecure = ({ config: { public_url } }: Env, { protocol, host }: FastifyRequest): boolean =>
  protocol === 'https' || (public_url !== undefined && new URL(public_url).origin === `https://${host}`)
