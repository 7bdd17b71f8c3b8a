import type { Readable } from 'node:stream'

/** Where artifact files live. Keys are made by us: `<tenant>/<artifact id>`. */
export type Blobs = {
  /** Takes the whole stream to stable storage, or keeps nothing. Never overwrites: throws BlobExists. */
  put(key: string, content: Readable): Promise<{ size: number }>
  /** Bytes `start` to `end`, both inclusive; undefined when there is no such blob. */
  read(key: string, range: { start: number; end: number }): Promise<Readable | undefined>
  delete(key: string): Promise<void>
  /** Keys of what was last written before a time, finished or not. */
  untouchedSince(time: Date): AsyncIterable<string>
}

export class BlobExists extends Error {}
