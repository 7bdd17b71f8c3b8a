import { Type } from 'typebox'
import { describeSession, SessionDescription } from '../../auth/sessions/describe-session.ts'
import { logIn } from '../../auth/sessions/log-in.ts'
import { logOut } from '../../auth/sessions/log-out.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { CookiePath, clearSessionCookie, setSessionCookie } from '../session-cookie.ts'
import { clientGoneCheck } from '../traffic/raw-request.ts'

const tags = ['useradm']

const Credentials = Type.Object(
  {
    email: Type.String({ maxLength: 1024, description: 'E-mail address' }),
    password: Type.String({ maxLength: 1024, description: 'Password' }),
    token2fa: Type.Optional(Type.String({ maxLength: 100, description: 'The code of two-factor authentication' })),
    stay: Type.Optional(
      Type.Boolean({ description: 'The session lasts until the user signs out, rather than until the browser closes' }),
    ),
  },
  { title: 'Credentials', description: 'What a user signs in with' },
)

/** Sign-in from a browser: the token is in a cookie that no script can read. */
export const signInRoutes: Routes = (http, env) => {
  http.post(
    '/auth/session',
    {
      schema: {
        ...{ tags, operationId: 'signIn', summary: 'Sign in from a browser and get a session cookie', security: [] },
        ...{ headers: CookiePath, body: Credentials },
        response: { 204: nothing('Signed in', 'set-cookie'), ...refusals(401, 429) },
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
    {
      schema: {
        ...{ tags, operationId: 'getSession', summary: 'Get the user of the session and what the user is permitted' },
        response: { 200: SessionDescription },
      },
    },
    // The clock of phases and of "last seen": the web UI shows times by it.
    async ({ actor }, reply) => {
      reply.header('date', env.now().toUTCString())
      return describeSession(env, actor)
    },
  )

  http.delete(
    '/auth/session',
    {
      schema: {
        ...{ tags, operationId: 'signOut', summary: 'Sign out: end the session and delete its cookie' },
        headers: CookiePath,
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
