import { createHash } from 'node:crypto'
import type { Bytes } from './byte-reader.ts'

/** Bytes that are hashed as they are read. Those that the reader leaves are read and hashed by `digest`. */
export class HashedBytes implements Bytes {
  readonly #hash = createHash('sha256')
  readonly #source: AsyncIterator<Uint8Array>
  #failure: { error: unknown } | undefined

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Without `return`: a reader that stops does not end the source. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() }
  }

  /** The digest of all bytes; rejects if they could not be read. */
  async digest(): Promise<string> {
    while (!this.#failure && !(await this.#next()).done);
    if (this.#failure) throw this.#failure.error
    return this.#hash.digest('hex')
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await this.#source.next()
      if (!result.done) this.#hash.update(result.value)
      return result
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }
}
