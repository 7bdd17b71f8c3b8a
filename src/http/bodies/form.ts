import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream'
import type { ByteSink } from '../../byte-sink.ts'
import { badRequest, unsupportedType } from '../../errors.ts'
import { isStorable } from '../../text.ts'
import { ByteQueue } from './byte-queue.ts'
import { boundaryOf, MultipartParser, malformed, type Part, type PartReader } from './multipart.ts'

const MAX_FIELD_SIZE = 1024 * 1024
const MAX_PARTS = 40
/** Bytes of a file that wait for their reader. */
const READ_AHEAD = 256 * 1024
const IDLE_TIMEOUT_MS = 120_000
const DISCARD_TIMEOUT_MS = 30_000

/**
 * The text parts before the file, by name in lower case; the file as it arrives; and the name that the client gives it.
 */
export type Form = { fields: Map<string, string>; file: AsyncIterable<Buffer>; file_name: string }

/** Reads a multipart body up to its file, the part named `file_part`. What follows the file is ignored. */
export function readForm(request: IncomingMessage, file_part: string): Promise<Form> {
  requireMultipart(request)
  return new Promise<Form>((resolve, reject) => {
    const reader = new FormReader(request, file_part, resolve)
    const parser = new MultipartParser(boundaryOf(request.headers['content-type'] ?? ''), reader)
    const failing = (step: () => void) => {
      try {
        step()
      } catch (error) {
        reject(error)
        reader.file.end(error as Error)
        request.removeAllListeners('data')
      }
    }
    request.on('data', (chunk: Buffer) => failing(() => parser.push(chunk)))
    request.on('end', () => {
      request.setTimeout(0)
      failing(() => {
        parser.end()
        throw badRequest(`request does not contain the ${file_part} file`)
      })
    })
    const failIfIncomplete = () =>
      failing(() => {
        if (!request.complete) throw malformed('the connection was lost')
      })
    request.on('error', failIfIncomplete)
    request.on('close', failIfIncomplete)
    request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy())
  })
}

/** Discards the rest of the body: most clients read a response only after they have sent all of it. */
export function discard(request: IncomingMessage) {
  request.removeAllListeners('data')
  request.resume()
  if (request.complete) return
  // A request that was answered emits nothing when its connection closes, which it does when the server stops.
  const timer = setTimeout(() => request.destroy(), DISCARD_TIMEOUT_MS).unref()
  finished(request, () => clearTimeout(timer))
}

/** Collects the fields, and calls `ready` when the file begins. */
class FormReader implements PartReader {
  readonly file = new ByteQueue(READ_AHEAD)
  readonly #request: IncomingMessage
  readonly #file_part: string
  readonly #ready: (form: Form) => void
  readonly #fields = new Map<string, string>()
  #parts = 0
  /** The part whose bytes arrive. */
  #current: ByteQueue | Field | undefined
  #isDone = false

  constructor(request: IncomingMessage, file_part: string, ready: (form: Form) => void) {
    this.#request = request
    this.#file_part = file_part
    this.#ready = ready
  }

  begin(part: Part) {
    if (this.#isDone) return
    if (++this.#parts > MAX_PARTS) throw malformed(`it has more than ${MAX_PARTS} parts before its file`)
    const { name, file_name } = part
    if (name === undefined) return
    if (name.toLowerCase() !== this.#file_part) {
      this.#current = new Field(name, part.charset)
      return
    }
    this.#current = this.file
    this.#ready({ fields: this.#fields, file: this.file, file_name })
  }

  bytes(bytes: Buffer) {
    const drained = this.#current?.write(bytes)
    if (!drained) return
    this.#request.pause()
    void drained.then(() => this.#request.resume())
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

class Field implements ByteSink {
  readonly name: string
  readonly #charset: string
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(name: string, charset: string) {
    this.name = name
    this.#charset = charset
  }

  write(bytes: Buffer): undefined {
    this.#size += bytes.length
    if (this.#size > MAX_FIELD_SIZE) throw badRequest(`${this.name}: must be at most ${MAX_FIELD_SIZE} bytes long`)
    this.#chunks.push(bytes)
  }

  text(): string {
    const bytes = Buffer.concat(this.#chunks)
    const text = this.#decode(bytes)
    if (!isStorable(text)) throw badRequest(`${this.name}: must not hold NUL characters`)
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
