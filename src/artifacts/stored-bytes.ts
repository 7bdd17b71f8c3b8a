import type { Blobs } from '../blobs/blobs.ts'

/** The bytes of a stored file, to be read at any place. */
export type StoredBytes = {
  size: number
  /** Fewer bytes than `length` if the file ends before, or if more than a mebibyte would have been read in all. */
  read(start: number, length: number): Promise<Buffer>
}

/** A file may claim any sizes for its parts. */
const MAX_READ = 1024 * 1024

export function storedBytes(blobs: Blobs, key: string, size: number): StoredBytes {
  let left = MAX_READ
  return {
    size,
    async read(start, wanted) {
      const length = Math.max(0, Math.min(wanted, size - start, left))
      left -= length
      if (length === 0) return Buffer.alloc(0)
      const content = await blobs.read(key, { start, end: start + length - 1 })
      if (!content) throw new Error(`The file stored as ${key} is missing.`)
      return Buffer.concat(await content.toArray())
    },
  }
}
