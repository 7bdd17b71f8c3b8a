import type { Readable } from 'node:stream'

/** Where artifact files live. Keys are made by us: `<tenant>/<artifact id>`. */
export type Blobs = {
  /**
   * Takes the whole stream to stable storage, or keeps nothing and destroys it. Never overwrites: throws BlobExists.
   */
  put(key: string, content: Readable): Promise<{ size: number }>
  /** How many bytes; undefined when there is no such blob. */
  sizeOf(key: string): Promise<number | undefined>
  /** Bytes `start` to `end`, both inclusive; undefined when there is no such blob. */
  read(key: string, range: { start: number; end: number }): Promise<Readable | undefined>
  delete(key: string): Promise<void>
  /** Where anybody can get the bytes for a while, without us and without a login; undefined: only from us. */
  link(key: string, as: LinkOptions): Promise<string | undefined>
  /** Keys of what was last written before a time. */
  writtenBefore(time: Date): AsyncIterable<string>
  /** Clears away what was begun before a time and never finished. Answers how many. */
  deleteUnfinished(time: Date): Promise<number>
}

export type LinkOptions = { lifetime_s: number; headers: BlobHeaders }

/** What the answer to a download says of the file. */
export type BlobHeaders = { 'content-type': string; 'content-disposition': string; 'cache-control': string }

export class BlobExists extends Error {}

/** The store did not do what it should: no fault of whoever asked. */
export class StoreFailed extends Error {
  constructor(sentence: string, cause: unknown) {
    super(sentence, { cause })
    this.name = 'StoreFailed'
  }
}

/** Listens to errors of a stream that `put` answers for: one that nobody listens to would end the process. */
export const reportedByPromise = () => {}
