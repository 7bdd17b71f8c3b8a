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
  write(env, request, reply, { value: token, ...(stay ? { maxAge: LONGEST_S } : {}) })
}

export const clearSessionCookie = (env: Env, request: FastifyRequest, reply: FastifyReply): void =>
  write(env, request, reply, { value: '', maxAge: 0 })

function write(env: Env, request: FastifyRequest, reply: FastifyReply, content: { value: string; maxAge?: number }) {
  const attributes = {
    path: `${rootPathOf(request)}api/`,
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure(env, request),
  } as const
  reply.header('set-cookie', stringifySetCookie({ name: NAME, ...attributes, ...content }))
}

/** The path at which the browser sees the root of this server: only the web UI knows if a proxy serves it below one. */
function rootPathOf({ headers }: FastifyRequest): string {
  const path = headers['x-muster-path']
  return typeof path === 'string' && /^\/(?:[\w.~%-]+\/)*$/.test(path) ? path : '/'
}

/** Whether the browser uses https, to this server or to a proxy in front of it. */
const isSecure = ({ config: { public_url } }: Env, { protocol, host }: FastifyRequest): boolean =>
  protocol === 'https' || (public_url !== undefined && new URL(public_url).origin === `https://${host}`)
