import type { ErrorCode } from './error-codes.ts'

type Content = {
  status: number
  code: ErrorCode
  /** A sentence that says what to do. */
  sentence: string
  details?: Record<string, unknown> | undefined
}

/**
 * A response of 400 or above that refuses a request; `errors.ts`, and those named after a subject beside it, have all
 * of them. Any other error becomes a 500.
 */
export class Refusal extends Error {
  readonly status: number
  readonly code: ErrorCode
  /** Further members of the response body. */
  readonly details: Record<string, unknown> | undefined
  /** With 429: the seconds after which to try again; undefined: a few. */
  readonly retry_after_s: number | undefined

  constructor({ status, code, sentence, details }: Content) {
    super(sentence)
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.details = details
  }

  /** The same refusal with another sentence. */
  saying(sentence: string): Refusal {
    const { status, code, details } = this
    return new Refusal({ status, code, sentence, details })
  }

  /** The same refusal with further members in its body. */
  with(details: Record<string, unknown>): Refusal {
    const { status, code, message: sentence } = this
    return new Refusal({ status, code, sentence, details: { ...this.details, ...details } })
  }
}

/** A wrong password or code: how many are allowed is limited. */
export class WrongGuess extends Refusal {}

export class TooManyGuesses extends Refusal {
  override readonly retry_after_s: number

  constructor(retry_after_s: number, what = 'failed attempts') {
    const wait = retry_after_s === 1 ? 'a second' : `${retry_after_s} seconds`
    super({ status: 429, code: 'too_many_guesses', sentence: `Too many ${what}: try again in ${wait}.` })
    this.retry_after_s = retry_after_s
  }
}

/** Makes the refusals of one status. */
export const refuse =
  (status: number) =>
  (code: ErrorCode, sentence: string, details?: Record<string, unknown>): Refusal =>
    new Refusal({ status, code, sentence, details })

/** The details of a refusal that is about one member of the body, named in `field`. */
export const at = (field: string) => ({ field })
