import { withBasePath } from './base-path.ts'

/** An error response, or a server that cannot be reached (status 0). The message is a sentence for the user. */
export class ApiError extends Error {
  readonly status: number
  /** Further members of the error response. */
  readonly details: Record<string, unknown>

  constructor(status: number, sentence: string, details: Record<string, unknown> = {}) {
    super(sentence)
    this.name = 'ApiError'
    this.status = status
    this.details = details
  }
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

type Options = { query?: Query; body?: unknown; signal?: AbortSignal | undefined; headers?: Record<string, string> }

const UNREACHABLE = 'The server cannot be reached. Check the connection and try again; your input is kept.'

let csrfToken = ''

/** Sent with all following requests that change something. */
export const setCsrfToken = (session: { csrf_token: string }): void => {
  csrfToken = session.csrf_token
}

export const csrfHeader = (): Record<string, string> => ({ 'x-csrf-token': csrfToken })

/** Dispatches `signed-out` when the session has ended. */
export const signedOut = new EventTarget()

/** Sends a request and returns the JSON of the response, if any. */
export async function call<Body = void>(method: string, path: string, options: Options = {}): Promise<Body> {
  const { body } = await send<Body>(method, path, options)
  return body
}

export const get = <Body>(path: string, query?: Query, signal?: AbortSignal): Promise<Body> =>
  call<Body>('GET', path, { ...(query ? { query } : {}), signal })

/** A page of a list and the total number of rows. */
export type Listed<Row> = { rows: Row[]; total: number }

export async function list<Row>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Listed<Row>> {
  const { body: rows, headers } = await send<Row[]>('GET', path, { query, signal })
  return { rows, total: Number(headers.get('x-total-count') ?? rows.length) }
}

/** Like `list`, for lists whose query is a request body. */
export async function search<Row>(path: string, body: unknown, signal?: AbortSignal): Promise<Listed<Row>> {
  const { body: rows, headers } = await send<Row[]>('POST', path, { body, signal })
  return { rows, total: Number(headers.get('x-total-count') ?? rows.length) }
}

export async function send<Body>(method: string, path: string, { query, body, signal, headers }: Options) {
  const response = await fetch(withBasePath(path) + queryText(query), {
    method,
    credentials: 'same-origin',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : csrfHeader()),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error) => {
    if (signal?.aborted) throw error
    throw new ApiError(0, UNREACHABLE)
  })
  const text = await response.text()
  if (!response.ok) throw toApiError(response.status, text)
  return { body: parse(text) as Body, headers: response.headers }
}

/** The error of an unsuccessful response. Dispatches `signed-out` if the session has ended. */
export function toApiError(status: number, text: string): ApiError {
  const { error, request_id: _, ...details } = (parse(text) ?? {}) as Record<string, unknown>
  const sentence = typeof error === 'string' ? error : `The server returned status ${status}.`
  if (status === 401) signedOut.dispatchEvent(new Event('signed-out'))
  return new ApiError(status, sentence, details)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : text
  }
}

function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [value].flat().map((one) => [name, String(one)]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

/** The field that an error concerns: `Validating request body: name: cannot be blank.` concerns `name`. */
export function problemOf(error: unknown): { field: string | undefined; sentence: string } {
  const message = error instanceof Error ? error.message : String(error)
  const found = /^(?:Validating request body: )?([a-z][\w.]*): (.+)$/s.exec(message)
  const sentence = (found?.[2] ?? message).replace(/^Validating request body: /, '')
  return { field: found?.[1], sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1) }
}
