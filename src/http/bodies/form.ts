import type { IncomingMessage } from 'node:http'
import { badRequest, unsupportedType } from '../../errors.ts'
import { ByteQueue } from './byte-queue.ts'
import { boundaryOf, MultipartParser, malformed, type Part, type PartReader } from './multipart.ts'

const LARGEST_FIELD = 1024 * 1024
const MOST_PARTS = 40
/** Files that come faster than they are read. */
const READ_AHEAD = 256 * 1024
const IDLE_MS = 120_000
const DISCARD_MS = 30_000

/** The text parts that came before the file, by lower-case name, and the file, still coming, with the name it has there. */
export type Form = { fields: Map<string, string>; file: AsyncIterable<Buffer>; file_name: string }

/** Reads a multipart body up to its file, the part called so. What comes after the file is ignored. */
export function readForm(request: IncomingMessage, file_part: string): Promise<Form> {
  requireMultipart(request)
  return new Promise<Form>((resolve, reject) => {
    const file = new ByteQueue({ resume: () => request.resume(), pause: () => request.pause() }, READ_AHEAD)
    const reader = new FormReader(file_part, file, resolve)
    const parser = new MultipartParser(boundaryOf(request.headers['content-type'] ?? ''), reader)
    const attempt = (work: () => void) => {
      try {
        work()
      } catch (error) {
        reject(error)
        file.end(error as Error)
        request.removeAllListeners('data')
      }
    }
    request.on('data', (chunk: Buffer) => attempt(() => parser.push(chunk)))
    request.on('end', () => {
      request.setTimeout(0)
      attempt(() => {
        parser.end()
        throw badRequest(`request does not contain the ${file_part} file`)
      })
    })
    const lost = () =>
      attempt(() => {
        if (!request.complete) throw malformed('the connection was lost')
      })
    request.on('error', lost)
    request.on('close', lost)
    request.setTimeout(IDLE_MS, () => request.destroy())
  })
}

/** Forgets what is still to come, so that the client gets round to reading the answer. */
export function discard(request: IncomingMessage) {
  request.removeAllListeners('data')
  request.resume()
  if (request.complete) return
  const timer = setTimeout(() => request.destroy(), DISCARD_MS)
  request.once('close', () => clearTimeout(timer))
}

/** Gathers the fields, and hands the form over when its file begins. */
class FormReader implements PartReader {
  readonly #file_part: string
  readonly #file: ByteQueue
  readonly #ready: (form: Form) => void
  readonly #fields = new Map<string, string>()
  #parts = 0
  /** What the bytes that come belong to. */
  #current: ByteQueue | Field | undefined
  #isDone = false

  constructor(file_part: string, file: ByteQueue, ready: (form: Form) => void) {
    this.#file_part = file_part
    this.#file = file
    this.#ready = ready
  }

  begin(part: Part) {
    if (this.#isDone) return
    if (++this.#parts > MOST_PARTS) throw malformed(`it has more than ${MOST_PARTS} parts before its file`)
    const { name, file_name } = part
    if (name === undefined) return
    if (name.toLowerCase() !== this.#file_part) {
      this.#current = new Field(name, part.charset)
      return
    }
    this.#current = this.#file
    this.#ready({ fields: this.#fields, file: this.#file, file_name })
  }

  bytes(bytes: Buffer) {
    this.#current?.push(bytes)
  }

  end() {
    if (this.#current instanceof Field) this.#fields.set(this.#current.name.toLowerCase(), this.#current.text())
    else if (this.#current) {
      this.#isDone = true
      this.#current.end()
    }
    this.#current = undefined
  }
}

class Field {
  readonly name: string
  readonly #charset: string
  readonly #pieces: Buffer[] = []
  #size = 0

  constructor(name: string, charset: string) {
    this.name = name
    this.#charset = charset
  }

  push(bytes: Buffer) {
    this.#size += bytes.length
    if (this.#size > LARGEST_FIELD) throw badRequest(`${this.name}: must be at most ${LARGEST_FIELD} bytes long`)
    this.#pieces.push(bytes)
  }

  text(): string {
    const bytes = Buffer.concat(this.#pieces)
    const text = this.#decode(bytes)
    if (text.includes('\0')) throw badRequest(`${this.name}: must not hold NUL characters`)
    return text
  }

  #decode(bytes: Buffer): string {
    try {
      return new TextDecoder(this.#charset, { ignoreBOM: true }).decode(bytes)
    } catch {
      return bytes.toString()
    }
  }
}

function requireMultipart({ headers }: IncomingMessage) {
  if (!/^multipart\/(form-data|mixed)\s*;/i.test(headers['content-type'] ?? ''))
    throw unsupportedType('multipart/form-data')
}
