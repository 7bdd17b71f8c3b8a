import type { LogMessage } from './device-log.ts'
import { LogScanner } from './log-scanner.ts'

/** Bytes stored of the beginning, and again of the end, which shows how the update failed. */
const MAX_BYTES = 1024 * 1024

/** The complete messages of a log that may be truncated anywhere; of a log that is too long, those at both ends. */
export class BoundedLog {
  readonly #scanner = new LogScanner((message, size) => this.#add(message, size))
  readonly #beginning: LogMessage[] = []
  readonly #end: { message: LogMessage; size: number }[] = []
  #beginning_size = 0
  #end_size = 0
  #left_out = 0

  push(chunk: Buffer) {
    this.#scanner.push(chunk)
  }

  messages(): LogMessage[] {
    const end = this.#end.map(({ message }) => message)
    const timestamp = (this.#beginning.at(-1) ?? end[0])?.timestamp
    if (this.#left_out === 0 || !timestamp) return [...this.#beginning, ...end]
    const message = `The server left out ${this.#left_out} messages here: it stores at most 2 MiB of a log.`
    return [...this.#beginning, { timestamp, level: 'warning', message }, ...end]
  }

  #add(message: LogMessage | undefined, size: number) {
    if (!message) return
    if (this.#end.length === 0 && this.#beginning_size + size <= MAX_BYTES) {
      this.#beginning_size += size
      this.#beginning.push(message)
      return
    }
    this.#end_size += size
    this.#end.push({ message, size })
    while (this.#end_size > MAX_BYTES) {
      this.#end_size -= this.#end.shift()?.size ?? 0
      this.#left_out++
    }
  }
}
