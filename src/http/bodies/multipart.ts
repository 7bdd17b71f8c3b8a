import { malformedBody } from '../../errors.ts'

/** A part, by its headers. `name` is undefined for a part that is no field of a form. */
export type Part = { name: string | undefined; file_name: string; charset: string }

/** Receives each part, its bytes as they arrive, and its end. The bytes are views of the chunks, not copies. */
export type PartReader = { begin(part: Part): void; bytes(bytes: Buffer): void; end(): void }

const MAX_HEAD_SIZE = 8 * 1024
const MAX_BOUNDARY_LENGTH = 256
const NONE = Buffer.alloc(0)
const CRLF = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')

/**
 * Parses a multipart body chunk by chunk. `Buffer.indexOf` searches whole chunks for the boundary: bytes are copied
 * only if a chunk ends with what may be the beginning of one.
 */
export class MultipartParser {
  readonly #delimiter: Buffer
  readonly #reader: PartReader
  /**
   * The end of the last chunk, if it needs the next. At first a CRLF, because no line need precede the first boundary.
   */
  #rest: Buffer = CRLF
  #state: 'preamble' | 'head' | 'body' | 'ended' = 'preamble'

  constructor(boundary: string, reader: PartReader) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
    this.#reader = reader
  }

  push(chunk: Buffer) {
    let rest: Buffer | undefined = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = NONE
    while (rest && this.#state !== 'ended') rest = this.#state === 'head' ? this.#takeHead(rest) : this.#takeBody(rest)
  }

  /** The end of the body. Throws if the last boundary is missing. */
  end() {
    if (this.#state !== 'ended') throw malformed('it ends before its last boundary')
  }

  #takeBody(data: Buffer): Buffer | undefined {
    const at = data.indexOf(this.#delimiter)
    const length = at >= 0 ? at : data.length - lengthOfPrefix(this.#delimiter, data)
    if (this.#state === 'body' && length > 0) this.#reader.bytes(data.subarray(0, length))
    if (at < 0) {
      this.#rest = data.subarray(length)
      return undefined
    }
    if (this.#state === 'body') this.#reader.end()
    this.#state = 'head'
    return data.subarray(at + this.#delimiter.length)
  }

  /**
   * Reads what follows a boundary: two dashes after the last one, or the rest of its line and the headers of a part.
   */
  #takeHead(data: Buffer): Buffer | undefined {
    if (data[0] === 0x2d && data[1] === 0x2d) {
      this.#state = 'ended'
      return undefined
    }
    const length = data.indexOf(BLANK_LINE)
    if (length > MAX_HEAD_SIZE || (length < 0 && data.length > MAX_HEAD_SIZE))
      throw malformed(`the headers of a part are longer than ${MAX_HEAD_SIZE} bytes`)
    if (length < 0) {
      this.#rest = data
      return undefined
    }
    this.#state = 'body'
    this.#reader.begin(readHead(data.toString('utf8', 0, length)))
    return data.subarray(length + BLANK_LINE.length)
  }
}

/** The boundary in a content type. */
export function boundaryOf(content_type: string): string {
  const boundary = parametersOf(content_type).get('boundary')
  if (!boundary) throw malformed('its content type names no boundary')
  if (boundary.length > MAX_BOUNDARY_LENGTH) throw malformed(`its boundary is longer than ${MAX_BOUNDARY_LENGTH} bytes`)
  return boundary
}

export const malformed = (problem: string) => malformedBody(`malformed multipart body: ${problem}`)

/** The number of bytes at the end of `data` that may be the beginning of `delimiter`. */
function lengthOfPrefix(delimiter: Buffer, data: Buffer): number {
  for (let at = Math.max(0, data.length - delimiter.length + 1); ; at++) {
    at = data.indexOf(0x0d, at)
    if (at < 0) return 0
    if (data.subarray(at).equals(delimiter.subarray(0, data.length - at))) return data.length - at
  }
}

function readHead(head: string): Part {
  const [line = '', ...headers] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  if (line.trim() !== '') throw malformed('something else follows a boundary on its line')
  const header = (name: string) => {
    const found = headers.find((one) => one.toLowerCase().startsWith(`${name}:`))
    return found?.slice(name.length + 1).trim() ?? ''
  }
  const disposition = header('content-disposition')
  const parameters = parametersOf(disposition)
  return {
    name: /^form-data\s*(;|$)/i.test(disposition) ? parameters.get('name') : undefined,
    file_name: fileNameOf(parameters),
    charset: parametersOf(header('content-type')).get('charset') ?? 'utf-8',
  }
}

/** Parses `; name=value; name="value"`. A backslash escapes only a quote or another backslash. */
function parametersOf(header: string): Map<string, string> {
  const found = header.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"|([^\s;"]*))/g)
  return new Map(
    [...found].map(([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1'),
    ]),
  )
}

/** Without the directories that some clients include. */
function fileNameOf(parameters: Map<string, string>): string {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(parameters.get('filename*') ?? '') ?? []
  const name = decoded(encoded) ?? parameters.get('filename') ?? ''
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
