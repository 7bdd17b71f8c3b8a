import { randomUUID } from 'node:crypto'
import { openSession } from '../../src/auth/sessions/open-session.ts'
import { sql } from '../../src/db/sql.ts'
import { type Api, type ApiResponse, openApi } from './api.ts'
import { claimsOf } from './auth.ts'
import type { TestServer, TestTenant } from './server.ts'

export const USERADM = '/api/management/v1/useradm'
export const PASSWORD = 'correct horse battery'

/** The wait depends on when the guesses were made: at times it is a second. */
export const TOO_MANY_GUESSES = /^Too many failed attempts: try again in (a second|\d+ seconds)\.$/

export type Login = { email: string; password: string }
export type TestUser = Login & { id: string; api: Api }

export const signIn = ({ url }: { url: string }, { email, password }: Login, body?: object): Promise<ApiResponse> =>
  openApi(url).post(`${USERADM}/auth/login`, body, { authorization: `Basic ${btoa(`${email}:${password}`)}` })

/** Opens another session of a user. */
export async function openSessionOf(server: { url: string }, login: Login, body?: object): Promise<Api> {
  const { status, text } = await signIn(server, login, body)
  if (status !== 200) throw new Error(`${status} ${text}`)
  return openApi(server.url, text)
}

/** Another user of the tenant, signed in. */
export async function addUser(
  server: TestServer,
  { tenant_id, api }: TestTenant,
  roles: string[] = [],
  email = `${randomUUID()}@example.com`,
): Promise<TestUser> {
  const login = { email, password: PASSWORD }
  const { status, text, headers } = await api.post(`${USERADM}/users`, { ...login, roles })
  if (status !== 201) throw new Error(`${status} ${text}`)
  const id = headers.get('location')?.split('/').at(-1) ?? ''
  // Without the password, whose verification intentionally takes a quarter of a second.
  const plan = claimsOf(api.token ?? '')['mender.plan']
  const token = await openSession(server.env, { tenant_id, id, plan, trial: false })
  return { ...login, id, api: openApi(server.url, token) }
}

/** The ID of the token's user. */
export const idOf = ({ token }: Api): string => claimsOf(token ?? '').sub

export const isSignedIn = async (api: Api): Promise<boolean> => (await api.get(`${USERADM}/users/me`)).status === 200

/** The events behind the audit log. */
export const eventsOf = ({ env }: TestServer, { tenant_id }: { tenant_id: string }) =>
  env.db.query<{ action: string; actor: object; object: object; change: string | null }>(sql`
    select action, actor, object, change from events where tenant_id = ${tenant_id} order by time`)
