import { Type } from 'typebox'
import { describeSession, SessionDescription } from '../../auth/sessions/describe-session.ts'
import { logIn } from '../../auth/sessions/log-in.ts'
import { logOut } from '../../auth/sessions/log-out.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { clearSessionCookie, setSessionCookie } from '../session-cookie.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const tags = ['useradm']

const Login = Type.Object({
  email: Type.String({ maxLength: 1024 }),
  password: Type.String({ maxLength: 1024 }),
  token2fa: Type.Optional(Type.String({ maxLength: 100, description: 'The code of two-factor authentication' })),
  stay: Type.Optional(Type.Boolean({ description: 'Until signed out, rather than until the browser ends' })),
})

/** Signing in from a browser: the token goes into a cookie that no script can read. */
export const signInRoutes: Routes = (http, env) => {
  http.post(
    '/auth/session',
    {
      schema: {
        ...{ tags, summary: 'Sign in with a cookie, for browsers', security: [], body: Login },
        response: { 204: nothing('Signed in', 'set-cookie'), ...refusals(400, 401, 429) },
      },
    },
    async (request, reply) => {
      const { stay = false, ...login } = request.body
      const from = { address: request.ip, isGone: clientGoneCheck(request, reply) }
      const token = await logIn(env, { ...login, ...from, no_expiry: stay })
      setSessionCookie(env, request, reply, { token, stay })
      return reply.code(204).send()
    },
  )
}

export const sessionRoutes: Routes = (http, env) => {
  http.get(
    '/auth/session',
    { schema: { tags, summary: 'Who is signed in, and what they may do', response: { 200: SessionDescription } } },
    async ({ actor }) => describeSession(env, actor),
  )

  http.delete(
    '/auth/session',
    {
      schema: {
        tags,
        summary: 'Sign out: the session ends and its cookie goes',
        response: { 204: nothing('Signed out', 'set-cookie') },
      },
    },
    async (request, reply) => {
      await logOut(env, request.actor)
      clearSessionCookie(env, request, reply)
      return reply.code(204).send()
    },
  )
}
