import type { ErrorCode } from './api.ts'
import type { Answer } from './send.ts'

type Response = {
  /** Undefined if there was no response. */
  status?: number | undefined
  code?: ErrorCode | undefined
  field?: string | undefined
  /** Without a response: the server may have received the request. */
  was_sent?: boolean | undefined
  body?: Record<string, unknown> | undefined
}

/** A refusal of the server, or the reason why there was no response: a sentence for people. Programs match the code. */
export class ServerError extends Error {
  readonly status: number | undefined
  readonly code: ErrorCode | undefined
  /** The member of the request body that is wrong. */
  readonly field: string | undefined
  /** There was no response, but the server may have received the request. */
  readonly was_sent: boolean
  /** The members of the response. */
  readonly body: Record<string, unknown>

  constructor(sentence: string, { status, code, field, was_sent = false, body = {} }: Response = {}) {
    super(sentence)
    this.name = 'ServerError'
    this.status = status
    this.code = code
    this.field = field
    this.was_sent = was_sent
    this.body = body
  }

  /** The same refusal with another sentence. */
  saying(sentence: string): ServerError {
    return new ServerError(sentence, this)
  }
}

/** Returns a successful response, and throws any other as a `ServerError`. */
export function requireSuccess(answer: Answer): Answer {
  const { status, body } = answer
  if (status >= 200 && status < 300) return answer
  const sentence = typeof body?.error === 'string' ? body.error : `The server answered ${status}. Is its URL right?`
  const members = typeof body === 'object' && body !== null ? body : {}
  throw new ServerError(sentence, { status, code: members.code, field: members.field, body: members })
}

/** The error for a request without a response: it says what to do. */
export function noAnswer(url: string, error: unknown): ServerError {
  const { origin, protocol, hostname } = new URL(url)
  const { code = '', message, errors } = error as { code?: string; message: string; errors?: Error[] }
  if (code === 'ECONNREFUSED')
    return new ServerError(`No server answers on ${origin}. Is it running, and the URL right?`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new ServerError(`There is no machine called ${hostname}. Is the URL right?`)
  if (/CERT|SIGNATURE|ALTNAME/.test(code))
    return new ServerError(
      `The certificate of ${origin} is not trusted: ${message}. Give its CA file in NODE_EXTRA_CA_CERTS, or ` +
        'accept any certificate with --insecure (in a program: insecure).',
    )
  if (protocol === 'https:' && /EPROTO|ERR_SSL/.test(code))
    return new ServerError(`${origin} does not speak TLS. Should the URL begin with http://?`)
  const sentence = `${origin} did not answer: ${message || errors?.[0]?.message || code}. Try again later.`
  return new ServerError(sentence, { was_sent: ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code) })
}
