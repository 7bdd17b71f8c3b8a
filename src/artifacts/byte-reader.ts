import { invalidArtifact } from '../errors.ts'

export type Bytes = AsyncIterable<Uint8Array>

export const unexpectedEnd = () => invalidArtifact('unexpected EOF')

/** Reads given numbers of bytes from a stream, in the chunks in which they arrive: nothing is copied or read ahead. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  /** The rest of the last chunk. */
  #rest: Uint8Array = new Uint8Array(0)

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes, at least one and at most `max`; undefined at the end. */
  async some(max: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next()
      if (next.done) return undefined
      this.#rest = next.value
    }
    const chunk = this.#rest.subarray(0, max)
    this.#rest = this.#rest.subarray(chunk.length)
    return chunk
  }

  /** `count` bytes; undefined at the end. Throws if fewer are left. */
  async exactly(count: number): Promise<Buffer | undefined> {
    const chunks: Uint8Array[] = []
    for (let left = count; left > 0; ) {
      const chunk = await this.some(left)
      if (!chunk && left === count) return undefined
      if (!chunk) throw unexpectedEnd()
      chunks.push(chunk)
      left -= chunk.length
    }
    return Buffer.concat(chunks)
  }

  /** The next `count` bytes in chunks. Throws if they end early. */
  async *chunks(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      const chunk = await this.some(left)
      if (!chunk) throw unexpectedEnd()
      left -= chunk.length
      yield chunk
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
