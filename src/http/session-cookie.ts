import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Env } from '../env.ts'

const NAME = 'muster_session'
/** Set by the scripts of the field's web GUI. */
const FOREIGN_NAME = 'JWT'
/** Browsers keep no cookie longer than 400 days. */
const LONGEST_S = 400 * 24 * 60 * 60

/** The session token that a browser sent along by itself. */
export function readSessionCookie({ headers }: FastifyRequest): string | undefined {
  const cookies = parseCookie(headers.cookie ?? '')
  return cookies[NAME] ?? cookies[FOREIGN_NAME]
}

/** Hands a browser its session, out of reach of scripts and of other sites; `stay`: it outlives the browser's window. */
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
    path: `${placeOf(request)}api/`,
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure(env, request),
  } as const
  reply.header('set-cookie', stringifySetCookie({ name: NAME, ...attributes, ...content }))
}

/** Where the browser sees the root of this server, which a proxy may serve below a path: the web UI says so. */
function placeOf({ headers }: FastifyRequest): string {
  const path = headers['x-muster-path']
  return typeof path === 'string' && /^\/(?:[\w.~%-]+\/)*$/.test(path) ? path : '/'
}

/** Whether the browser speaks https, to us or to the proxy in front. */
const isSecure = ({ config: { public_url } }: Env, { protocol, host }: FastifyRequest): boolean =>
  protocol === 'https' || (public_url !== undefined && new URL(public_url).origin === `https://${host}`)
