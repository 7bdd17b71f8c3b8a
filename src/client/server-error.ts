import type { Answer } from './send.ts'

/** What the server refused, or why it could not be asked: a sentence for people. Without a status, nothing answered. */
export class ServerError extends Error {
  readonly status: number | undefined

  constructor(sentence: string, status?: number) {
    super(sentence)
    this.name = 'ServerError'
    this.status = status
  }
}

/** The answer, where it is one of success. */
export function requireSuccess(answer: Answer): Answer {
  const { status, body } = answer
  if (status >= 200 && status < 300) return answer
  const sentence = typeof body?.error === 'string' ? body.error : `The server answered ${status}. Is its URL right?`
  throw new ServerError(sentence, status)
}

/** Says what to do about a request that got no answer. */
export function noAnswer(url: string, error: unknown): ServerError {
  const { origin, protocol, hostname } = new URL(url)
  const { code = '', message, errors } = error as { code?: string; message: string; errors?: Error[] }
  if (code === 'ECONNREFUSED')
    return new ServerError(`No server answers on ${origin}. Is it running, and the URL right?`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new ServerError(`There is no machine called ${hostname}. Is the URL right?`)
  if (/CERT|SIGNATURE|ALTNAME/.test(code))
    return new ServerError(
      `The certificate of ${origin} is not trusted: ${message}. Give its CA file in NODE_EXTRA_CA_CERTS, or --insecure.`,
    )
  if (protocol === 'https:' && /EPROTO|ERR_SSL/.test(code))
    return new ServerError(`${origin} does not speak TLS. Should the URL begin with http://?`)
  return new ServerError(`${origin} did not answer: ${message || errors?.[0]?.message || code}. Try again later.`)
}
