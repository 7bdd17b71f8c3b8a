import { type Answer, send } from './send.ts'

export type Login = { email: string; password: string }

/** A signed-in user's calls over HTTP. */
export type OpenManager = {
  get(path: string): Promise<Answer>
  put(path: string, body?: unknown): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  upload(path: string, file: Buffer): Promise<Answer>
}

export async function openManager(url: string, { email, password }: Login): Promise<OpenManager> {
  const basic = Buffer.from(`${email}:${password}`).toString('base64')
  const login = await send(`${url}/api/management/v1/useradm/auth/login`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
  })
  if (login.status !== 200) throw new Error(`the login answered ${login.status}`)
  const authorization = `Bearer ${login.body}`
  const call = (method: string, path: string, body?: unknown) =>
    send(url + path, { method, body, headers: { authorization } })
  return {
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
    async upload(path, file) {
      const form = new FormData()
      form.append('size', String(file.length))
      form.append('artifact', new Blob([new Uint8Array(file)]), 'release.mender')
      const encoded = new Response(form)
      const headers = { authorization, 'content-type': encoded.headers.get('content-type') ?? '' }
      return send(url + path, { method: 'POST', body: Buffer.from(await encoded.arrayBuffer()), headers })
    },
  }
}
