import { invalidArtifact } from '../errors.ts'

export type Bytes = AsyncIterable<Uint8Array>

export const unexpectedEnd = () => invalidArtifact('unexpected EOF')

/** Pulls a stream by the piece, with the bytes in the chunks they come in: nothing is copied, nothing read ahead. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes, at least one and at most `most`; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#held.length === 0) {
      const next = await this.#source.next()
      if (next.done) return undefined
      this.#held = next.value
    }
    const piece = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(piece.length)
    return piece
  }

  /** `count` bytes; undefined at the end, refused when the end comes between. */
  async exactly(count: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = []
    for (let left = count; left > 0; ) {
      const piece = await this.some(left)
      if (!piece && left === count) return undefined
      if (!piece) throw unexpectedEnd()
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }

  /** The next `count` bytes in pieces, refused when they end early. */
  async *pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      const piece = await this.some(left)
      if (!piece) throw unexpectedEnd()
      left -= piece.length
      yield piece
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
