import type { Readable } from 'node:stream'

/** Where artifact files live. Keys are made by us: `<tenant>/<artifact id>`. */
export type Blobs = {
  /** Takes the whole stream to stable storage; readable under `key` only after it answered. */
  put(key: string, content: Readable): Promise<{ size: number }>
  /** Bytes `start` to `end`, both inclusive. */
  read(key: string, range: { start: number; end: number }): Readable
  delete(key: string): Promise<void>
}
