export type ApiResponse = {
  status: number
  headers: Headers
  text: string
  /** The parsed JSON body; undefined if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members, and fail if the body differs
  body: any
}

export type Api = {
  token: string | undefined
  url: string
  get(path: string, headers?: Record<string, string>): Promise<ApiResponse>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>
  delete(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>
}

/** Calls over real HTTP with a bearer token. Strings, bytes and forms are sent unchanged, all other bodies as JSON. */
export function openApi(url: string, token?: string): Api {
  const call =
    (method: string) =>
    (path: string, body?: unknown, headers: Record<string, string> = {}) =>
      send(url + path, method, body, { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers })
  return {
    token,
    url,
    get: (path, headers) => call('GET')(path, undefined, headers),
    post: call('POST'),
    put: call('PUT'),
    patch: call('PATCH'),
    delete: call('DELETE'),
  }
}

async function send(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<ApiResponse> {
  const asIs = body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData
  const isJson = body !== undefined && !(body instanceof FormData)
  const response = await fetch(url, {
    method,
    headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body === undefined ? {} : { body: asIs ? (body as string) : JSON.stringify(body) }),
    redirect: 'manual',
  })
  const isEndless = response.headers.get('content-type') === 'text/event-stream'
  const text = isEndless ? await firstEvents(response) : await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

/** Reads an event stream up to its first `sync`, and closes it. */
async function firstEvents({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  // Leaving the loop cancels the request.
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (/^event: sync\n.*\n.*\n\n/m.test(text)) break
  }
  return text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
