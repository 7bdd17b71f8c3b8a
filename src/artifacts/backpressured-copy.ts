import { Readable } from 'node:stream'

/** How far whoever reads it may fall behind. */
const MOST_WAITING = 1024 * 1024

/** A stream of what is added to it: a `PassThrough` without the half that writes. */
export class BackpressuredCopy extends Readable {
  #wanted = () => {}

  constructor() {
    super({ highWaterMark: MOST_WAITING })
    // Told to whoever reads it.
    this.on('error', () => {})
  }

  override _read() {
    this.#wanted()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void) {
    this.#wanted()
    callback(error)
  }

  /** Where enough is waiting already, answers a promise to be waited for. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.destroyed || this.push(bytes)) return undefined
    return new Promise((resolve) => {
      this.#wanted = resolve
    })
  }

  finish() {
    this.push(null)
  }
}
