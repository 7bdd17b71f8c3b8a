import { decodeLeniently } from '../text.ts'
import type { LogMessage } from './device-log.ts'

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}')
const MAX_KEY_LENGTH = 16
/** A longer message is left out. */
const MAX_MESSAGE_BYTES = 1024 * 1024

/** Finds the complete messages in the chunks of `{"messages":[{...},{...}]}`, which may end anywhere. */
export class LogScanner {
  readonly #found: (message: LogMessage | undefined, size: number) => void
  #depth = 0
  #is_object = false
  #in_list = false
  #in_text = false
  #is_escaped = false
  /** The last key of the outermost object. */
  #key = ''
  /** The chunks of a message that has begun and not ended. */
  #chunks: Buffer[] | undefined
  #size = 0

  /** `found` is called with undefined for an object that is not a valid message. */
  constructor(found: (message: LogMessage | undefined, size: number) => void) {
    this.#found = found
  }

  push(chunk: Buffer) {
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (this.#in_text) this.#readText(byte)
      else if (byte === QUOTE) this.#beginText()
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#open(byte)) start = i
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (--this.#depth === 2 && this.#chunks) this.#endMessage(chunk.subarray(start, i + 1))
        else if (this.#depth < 2) this.#in_list = false
      }
    }
    if (this.#chunks) this.#append(chunk.subarray(start))
  }

  #beginText() {
    this.#in_text = true
    if (this.#depth === 1) this.#key = ''
  }

  #readText(byte: number) {
    if (this.#is_escaped) this.#is_escaped = false
    else if (byte === BACKSLASH) this.#is_escaped = true
    else if (byte === QUOTE) this.#in_text = false
    else if (this.#depth === 1 && this.#key.length < MAX_KEY_LENGTH) this.#key += String.fromCharCode(byte)
  }

  /** Returns whether a message begins. */
  #open(byte: number): boolean {
    if (this.#depth === 0) this.#is_object = byte === OPEN_OBJECT
    if (this.#depth === 1) this.#in_list = this.#is_object && byte === OPEN_LIST && this.#key === 'messages'
    const begins = this.#in_list && this.#depth === 2 && byte === OPEN_OBJECT
    if (begins) this.#chunks = []
    this.#depth++
    return begins
  }

  #append(chunk: Buffer) {
    this.#size += chunk.length
    if (this.#size <= MAX_MESSAGE_BYTES) this.#chunks?.push(chunk)
  }

  #endMessage(chunk: Buffer) {
    this.#append(chunk)
    const is_complete = this.#size <= MAX_MESSAGE_BYTES
    this.#found(is_complete ? readMessage(Buffer.concat(this.#chunks ?? [])) : undefined, this.#size)
    this.#chunks = undefined
    this.#size = 0
  }
}

function readMessage(bytes: Buffer): LogMessage | undefined {
  try {
    const { timestamp, level, message } = JSON.parse(decodeLeniently(bytes))
    return isShortText(timestamp) && isShortText(level) && typeof message === 'string'
      ? { timestamp, level, message }
      : undefined
  } catch {
    return undefined
  }
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 64
