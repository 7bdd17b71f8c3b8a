import { randomUUID } from 'node:crypto'
import { repeatingCreation } from './repeat-creation.ts'
import { type Answer, type Message, send } from './send.ts'
import { noAnswer, requireSuccess } from './server-error.ts'
import { toForm, type Upload } from './upload.ts'

export type Login = { email: string; password: string; token2fa?: string | undefined }

export type Connection = {
  url: string
  token: string
  /** Accepts any certificate. */
  insecure?: boolean | undefined
}

/** The HTTP requests of a user who is logged in. */
export type Manager = {
  get(path: string): Promise<Answer>
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  patch(path: string, body?: unknown): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  /** A POST that creates something, with an idempotency key: it is repeated if its answer is lost. */
  create(path: string, body?: unknown, key?: string): Promise<Answer>
  delete(path: string): Promise<Answer>
  /** `open` is called for each attempt: an upload is repeated if its answer is lost. */
  upload(path: string, open: () => Upload): Promise<Answer>
}

const PATIENCE_MS = 60_000
/** The server may take long to store a whole artifact before it responds. */
const UPLOAD_PATIENCE_MS = 600_000

/** Logs in and returns the token of the new session. */
export async function logIn(
  { url, insecure }: Omit<Connection, 'token'>,
  { email, password, token2fa }: Login,
): Promise<string> {
  const basic = Buffer.from(`${email}:${password}`).toString('base64')
  const answer = await sendOrExplain(`${url}/api/management/v1/useradm/auth/login`, {
    ...{ method: 'POST', headers: { authorization: `Basic ${basic}` }, body: token2fa && { token2fa }, insecure },
  })
  return requireSuccess(answer).body
}

export function openManager({ url, token, insecure }: Connection): Manager {
  const authorization = `Bearer ${token}`
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    sendOrExplain(url + path, { method, body, headers: { ...headers, authorization }, insecure })
  const withKey = (key: string) => ({ authorization, 'idempotency-key': `"${key.replace(/["\\]/g, '\\$&')}"` })
  return {
    get: (path) => call('GET', path),
    put: (path, body, headers) => call('PUT', path, body, headers),
    patch: (path, body) => call('PATCH', path, body),
    post: (path, body) => call('POST', path, body),
    create: (path, body, key = randomUUID()) =>
      repeatingCreation(() => sendOrExplain(url + path, { method: 'POST', body, headers: withKey(key), insecure })),
    delete: (path) => call('DELETE', path),
    upload(path, open) {
      const key = randomUUID()
      return repeatingCreation(() => {
        const { body, headers } = toForm(open())
        return sendOrExplain(url + path, {
          ...{ method: 'POST', body, headers: { ...headers, ...withKey(key) }, insecure },
          patience_ms: UPLOAD_PATIENCE_MS,
        })
      })
    },
  }
}

const sendOrExplain = (url: string, message: Message): Promise<Answer> =>
  send(url, { patience_ms: PATIENCE_MS, ...message }).catch((error) => {
    // Any other failure is on this side, such as a file that cannot be read.
    throw error.code === undefined || error.path !== undefined ? error : noAnswer(url, error)
  })
