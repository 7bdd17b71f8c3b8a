import type { ErrorCode } from '../../src/error-codes.ts'
import { withBasePath } from './base-path.ts'

type Reason = { code?: ErrorCode | undefined; field?: string | undefined; details?: Record<string, unknown> }

/**
 * An error response, or a server that cannot be reached (status 0). The message is a sentence for the user; programs
 * match the code.
 */
export class ApiError extends Error {
  readonly status: number
  /** Undefined for a response that is not the server's own. */
  readonly code: ErrorCode | undefined
  /** The member of the request body that is wrong. */
  readonly field: string | undefined
  /** Further members of the error response. */
  readonly details: Record<string, unknown>

  constructor(status: number, sentence: string, { code, field, details = {} }: Reason = {}) {
    super(sentence)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.field = field
    this.details = details
  }
}

export const isRefusal = (error: unknown, ...codes: ErrorCode[]): error is ApiError =>
  error instanceof ApiError && codes.some((code) => code === error.code)

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
  const { error, code, field, request_id: _, ...details } = (parse(text) ?? {}) as RefusalBody
  const sentence = typeof error === 'string' ? error : `The server returned status ${status}.`
  if (status === 401) signedOut.dispatchEvent(new Event('signed-out'))
  return new ApiError(status, sentence, { code, field, details })
}

type RefusalBody = { error?: unknown; code?: ErrorCode; field?: string; request_id?: string } & Record<string, unknown>

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : text
  }
}

/** The query string, or an empty text. Empty values are left out. */
export function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [value].flat().map((one) => [name, String(one)]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

const PREFIX = /^(Validating request body|validation failed for term): /

/** The field that an error concerns, and its message without the prefix and the name of the field. */
export function problemOf(error: unknown): { field: string | undefined; sentence: string } {
  const field = error instanceof ApiError ? error.field : undefined
  const message = (error instanceof Error ? error.message : String(error)).replace(PREFIX, '')
  const sentence = field && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message
  return { field, sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1) }
}
