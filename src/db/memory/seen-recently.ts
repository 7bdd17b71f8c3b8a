/**
 * Whether texts came recently, by hashes of their first characters. An entry of a cache is worth its memory if it comes
 * a second time before another one has overwritten its hash: of a fleet that is larger than the cache hardly any does,
 * and the garbage collector has no short-lived entries to move.
 */
export class SeenRecently {
  readonly #hashes = new Int32Array(65_536)

  /** Whether the text came recently. Stores its hash. */
  note(text: string): boolean {
    let hash = 0
    for (let i = 0; i < 6; i++) hash = Math.imul(hash, 67) + text.charCodeAt(i)
    const slot = (hash >>> 8) % this.#hashes.length
    const seen = this.#hashes[slot] === hash
    this.#hashes[slot] = hash
    return seen
  }
}
