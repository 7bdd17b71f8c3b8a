import { decodeLeniently } from '../text.ts'
import type { LogMessage } from './device-log.ts'

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}')
const LONGEST_KEY = 16
/** Of one message: what is longer is left out. */
const LONGEST_MESSAGE = 1024 * 1024

/** Finds the complete messages in `{"messages":[{...},{...}]}`, which may end anywhere, as its pieces come. */
export class LogScanner {
  readonly #found: (message: LogMessage | undefined, size: number) => void
  #depth = 0
  #is_object = false
  #in_list = false
  #in_text = false
  #is_escaped = false
  /** Of the outermost object, the last. */
  #key = ''
  /** What has come of the message that is coming. */
  #pieces: Buffer[] | undefined
  #size = 0

  /** `found` is called with undefined for what is there but is no message. */
  constructor(found: (message: LogMessage | undefined, size: number) => void) {
    this.#found = found
  }

  push(chunk: Buffer) {
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (this.#in_text) this.#takeText(byte)
      else if (byte === QUOTE) this.#beginText()
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#open(byte)) start = i
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (--this.#depth === 2 && this.#pieces) this.#endMessage(chunk.subarray(start, i + 1))
        else if (this.#depth < 2) this.#in_list = false
      }
    }
    if (this.#pieces) this.#keep(chunk.subarray(start))
  }

  #beginText() {
    this.#in_text = true
    if (this.#depth === 1) this.#key = ''
  }

  #takeText(byte: number) {
    if (this.#is_escaped) this.#is_escaped = false
    else if (byte === BACKSLASH) this.#is_escaped = true
    else if (byte === QUOTE) this.#in_text = false
    else if (this.#depth === 1 && this.#key.length < LONGEST_KEY) this.#key += String.fromCharCode(byte)
  }

  /** Whether a message begins. */
  #open(byte: number): boolean {
    if (this.#depth === 0) this.#is_object = byte === OPEN_OBJECT
    if (this.#depth === 1) this.#in_list = this.#is_object && byte === OPEN_LIST && this.#key === 'messages'
    const begins = this.#in_list && this.#depth === 2 && byte === OPEN_OBJECT
    if (begins) this.#pieces = []
    this.#depth++
    return begins
  }

  #keep(piece: Buffer) {
    this.#size += piece.length
    if (this.#size <= LONGEST_MESSAGE) this.#pieces?.push(piece)
  }

  #endMessage(piece: Buffer) {
    this.#keep(piece)
    const is_whole = this.#size <= LONGEST_MESSAGE
    this.#found(is_whole ? readMessage(Buffer.concat(this.#pieces ?? [])) : undefined, this.#size)
    this.#pieces = undefined
    this.#size = 0
  }
}

function readMessage(bytes: Buffer): LogMessage | undefined {
  try {
    const { timestamp, level, message } = JSON.parse(decodeLeniently(bytes))
    return isWord(timestamp) && isWord(level) && typeof message === 'string' ? { timestamp, level, message } : undefined
  } catch {
    return undefined
  }
}

const isWord = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 64
