import { Readable } from 'node:stream'
import type { ByteSink } from '../byte-sink.ts'

/** Bytes by which the reader may lag behind the writer. */
const HIGH_WATER_MARK = 1024 * 1024

/** A stream of the bytes that are written to it: a `PassThrough` without the cost of its `Writable` half. */
export class BackpressuredCopy extends Readable implements ByteSink {
  #resume = () => {}

  constructor() {
    super({ highWaterMark: HIGH_WATER_MARK })
    // The reader handles errors.
    this.on('error', () => {})
  }

  override _read() {
    this.#resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void) {
    this.#resume()
    callback(error)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.destroyed || this.push(bytes)) return undefined
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  finish() {
    this.push(null)
  }
}
