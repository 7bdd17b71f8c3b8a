import { malformedBody } from '../../errors.ts'

/** What the headers of a part say. `name` is undefined for a part that belongs to no form. */
export type Part = { name: string | undefined; file_name: string; charset: string }

/** Told of each part, of its bytes as they come and of its end. The bytes are parts of the chunks, not copies. */
export type PartReader = { begin(part: Part): void; bytes(bytes: Buffer): void; end(): void }

const LARGEST_HEAD = 8 * 1024
const LONGEST_BOUNDARY = 256
const NONE = Buffer.alloc(0)
const CRLF = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')

/**
 * Takes a multipart body apart, chunk by chunk. A boundary is searched for by `Buffer.indexOf`, over whole chunks:
 * bytes are copied only where a chunk ends like the beginning of one.
 */
export class MultipartParser {
  readonly #delimiter: Buffer
  readonly #reader: PartReader
  /** What could not be decided without the next chunk. The first boundary may stand without a line before it. */
  #held: Buffer = CRLF
  #state: 'preamble' | 'head' | 'body' | 'ended' = 'preamble'

  constructor(boundary: string, reader: PartReader) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
    this.#reader = reader
  }

  push(chunk: Buffer) {
    let rest: Buffer | undefined = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    this.#held = NONE
    while (rest && this.#state !== 'ended') rest = this.#state === 'head' ? this.#takeHead(rest) : this.#takeBody(rest)
  }

  /** The body ends here: refused where it should not. */
  end() {
    if (this.#state !== 'ended') throw malformed('it ends before its last boundary')
  }

  #takeBody(data: Buffer): Buffer | undefined {
    const at = data.indexOf(this.#delimiter)
    const length = at >= 0 ? at : data.length - lengthOfBeginning(this.#delimiter, data)
    if (this.#state === 'body' && length > 0) this.#reader.bytes(data.subarray(0, length))
    if (at < 0) {
      this.#held = data.subarray(length)
      return undefined
    }
    if (this.#state === 'body') this.#reader.end()
    this.#state = 'head'
    return data.subarray(at + this.#delimiter.length)
  }

  /** What follows a boundary: two dashes after the last one, or the rest of its line and the headers of a part. */
  #takeHead(data: Buffer): Buffer | undefined {
    if (data[0] === 0x2d && data[1] === 0x2d) {
      this.#state = 'ended'
      return undefined
    }
    const length = data.indexOf(BLANK_LINE)
    if (length > LARGEST_HEAD || (length < 0 && data.length > LARGEST_HEAD))
      throw malformed(`the headers of a part are longer than ${LARGEST_HEAD} bytes`)
    if (length < 0) {
      this.#held = data
      return undefined
    }
    this.#state = 'body'
    this.#reader.begin(readHead(data.toString('utf8', 0, length)))
    return data.subarray(length + BLANK_LINE.length)
  }
}

/** The boundary that a content type names. */
export function boundaryOf(content_type: string): string {
  const boundary = parametersOf(content_type).get('boundary')
  if (!boundary) throw malformed('its content type names no boundary')
  if (boundary.length > LONGEST_BOUNDARY) throw malformed(`its boundary is longer than ${LONGEST_BOUNDARY} bytes`)
  return boundary
}

export const malformed = (problem: string) => malformedBody(`malformed multipart body: ${problem}`)

/** How many bytes at the end of `data` may be the beginning of `delimiter`. */
function lengthOfBeginning(delimiter: Buffer, data: Buffer): number {
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

/** `; name=value; name="value"`, where a backslash takes the meaning from a quote or another backslash only. */
function parametersOf(header: string): Map<string, string> {
  const found = header.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"|([^\s;"]*))/g)
  return new Map(
    [...found].map(([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1'),
    ]),
  )
}

/** Without the folders that some clients put before it. */
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
