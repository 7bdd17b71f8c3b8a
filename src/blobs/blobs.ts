import type { Readable } from 'node:stream'

/** A store of artifact files. The server chooses the keys: `<tenant>/<artifact id>`. */
export type Blobs = {
  /**
   * Writes the whole stream to stable storage, or stores nothing and destroys the stream. Never overwrites: throws
   * BlobExists.
   */
  put(key: string, content: Readable): Promise<{ size: number }>
  /** In bytes; undefined if there is no such blob. */
  sizeOf(key: string): Promise<number | undefined>
  /** The bytes from `start` to `end`, both inclusive; undefined if there is no such blob. */
  read(key: string, range: { start: number; end: number }): Promise<Readable | undefined>
  delete(key: string): Promise<void>
  /** A URL of the store itself, good for a while and without a login; undefined: downloads go through the server. */
  link(key: string, as: LinkOptions): Promise<string | undefined>
  /** The keys of blobs that were last written before a time. */
  writtenBefore(time: Date): AsyncIterable<string>
  /** Deletes what was started before a time and never finished. Returns the number of deletions. */
  deleteUnfinished(time: Date): Promise<number>
  /** Closes the idle connections that the store keeps. */
  close(): void
}

type LinkOptions = { lifetime_s: number; headers: BlobHeaders }

/** The headers of a download. */
export type BlobHeaders = { 'content-type': string; 'content-disposition': string; 'cache-control': string }

export class BlobExists extends Error {}

/** The store failed, through no fault of the caller. */
export class StoreFailed extends Error {
  constructor(sentence: string, cause: unknown) {
    super(sentence, { cause })
    this.name = 'StoreFailed'
  }
}

/**
 * A listener for errors of a stream that `put` reports by its promise: without a listener they would end the process.
 */
export const reportedByPromise = () => {}
