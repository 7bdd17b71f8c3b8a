import { Type } from 'typebox'
import { signOut } from '../../auth/providers/sign-out.ts'
import { describeSession, SessionDescription } from '../../auth/sessions/describe-session.ts'
import { logIn } from '../../auth/sessions/log-in.ts'
import { baseUrl } from '../base-url.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
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

const SignedOut = Type.Object(
  { provider_url: Type.String({ description: 'Where the browser ends the session at the provider' }) },
  { title: 'SignedOut', description: 'Signed out of Muster, but not of the provider' },
)

/** Sign-in from a browser: the token is in a cookie that no script can read. */
export const signInRoutes: Routes = (http, env) => {
  http.post(
    '/auth/session',
    {
      schema: {
        ...{ tags, operationId: 'signIn', summary: 'Sign in from a browser and get a session cookie', security: [] },
        ...{ headers: CookiePath, body: Credentials },
        response: { 204: nothing('Signed in', 'set-cookie'), ...refusals(401, 403, 429) },
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
        description:
          'If a provider opened the session, and offers to end its own, the response says where the browser does so.',
        headers: CookiePath,
        response: { 200: withHeaders(SignedOut, 'set-cookie'), 204: nothing('Signed out', 'set-cookie') },
      },
    },
    async (request, reply) => {
      const provider_url = await signOut(env, request.actor, baseUrl(env, request))
      clearSessionCookie(env, request, reply)
      return provider_url === undefined ? reply.code(204).send() : reply.code(200).send({ provider_url })
    },
  )
}
