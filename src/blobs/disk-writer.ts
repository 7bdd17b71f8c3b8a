import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { ByteSink } from '../byte-sink.ts'
import { hasCode } from '../has-code.ts'
import { acquireBlocks, releaseBlocks } from './blocks.ts'

// With the page cache, the disk writes while the rest of the file arrives, instead of all of it at the end.
const BLOCKS_PER_SYNC = 32

/**
 * Writes a new file in blocks past the page cache (`O_DIRECT`), if the file system supports that. Copying into the
 * cache costs half of what hashing costs, on some virtual machines several times that, and a large file evicts what
 * others need.
 */
export class DiskWriter implements ByteSink {
  readonly #file: FileHandle
  readonly #path: string
  /** Opened when the first block is full; undefined if the file system does not support it. */
  #direct: Promise<FileHandle | undefined> | undefined
  /** One is filled while the other is written. */
  readonly #blocks = acquireBlocks()
  /** The last write of each block. */
  readonly #writes: Promise<void>[] = []
  #full_blocks = 0
  /** Bytes in the block that is filled. */
  #used = 0
  #syncing: Promise<void> | undefined
  #isClosed = false

  static async create(path: string): Promise<DiskWriter> {
    return new DiskWriter(await open(path, 'wx'), path)
  }

  private constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed || this.#used + bytes.length >= this.#block.length) return this.#writeAcrossBlocks(bytes)
    this.#copy(bytes)
    return undefined
  }

  /** Returns the size of the file, once all of it is on stable storage. */
  async finish(): Promise<number> {
    const at = this.#full_blocks * this.#block.length
    if (this.#used > 0) await this.#writePlain(this.#block.subarray(0, this.#used), at)
    await Promise.all(this.#writes)
    // After the writes, the last of which may have started it. The system reports a failed write to one call of `fsync`
    // only.
    await this.#syncing
    await this.#file.sync()
    return at + this.#used
  }

  /** Waits for pending writes first: another file uses the same blocks afterwards. */
  async close() {
    this.#isClosed = true
    await Promise.allSettled([...this.#writes, this.#syncing])
    releaseBlocks(this.#blocks)
    await (await this.#direct)?.close()
    await this.#file.close()
  }

  get #index(): number {
    return this.#full_blocks % this.#blocks.length
  }

  /** The block that is filled. */
  get #block(): Buffer {
    return this.#blocks[this.#index] as Buffer
  }

  async #writeAcrossBlocks(bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#isClosed) throw new Error('The file is closed.')
      const part = rest.subarray(0, this.#block.length - this.#used)
      this.#copy(part)
      rest = rest.subarray(part.length)
      if (this.#used === this.#block.length) await this.#switchBlocks()
    }
  }

  /** Twice as fast as `set`, which is slow with shared memory. */
  #copy(bytes: Uint8Array) {
    if (bytes.length > 0) this.#block.fill(bytes, this.#used, this.#used + bytes.length)
    this.#used += bytes.length
  }

  /** Starts to write the full block, and waits until the next is free. */
  async #switchBlocks() {
    const write = this.#writeBlock(this.#block, this.#full_blocks * this.#block.length)
    write.catch(() => {})
    this.#writes[this.#index] = write
    this.#full_blocks++
    this.#used = 0
    await this.#writes[this.#index]
  }

  async #writeBlock(block: Buffer, at: number) {
    this.#direct ??= openDirect(this.#path)
    const direct = await this.#direct
    const written = direct && (await writeOnce(direct, block, at))
    if (written === undefined) return this.#writeCached(block, at)
    await this.#writePlain(block.subarray(written), at + written)
  }

  async #writeCached(block: Buffer, at: number) {
    await this.#writePlain(block, at)
    if ((at / block.length) % BLOCKS_PER_SYNC !== BLOCKS_PER_SYNC - 1) return
    await this.#syncing
    this.#syncing = this.#file.datasync()
    this.#syncing.catch(() => {})
  }

  /** One call of `write` may write less than it was given. */
  async #writePlain(bytes: Buffer, at: number) {
    for (let done = 0; done < bytes.length; )
      done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}

async function openDirect(path: string): Promise<FileHandle | undefined> {
  // Not defined on every platform.
  if (!constants.O_DIRECT) return undefined
  return open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined)
}

/** Returns the bytes written; undefined if the file system does not accept this memory or this size. */
async function writeOnce(file: FileHandle, bytes: Buffer, at: number): Promise<number | undefined> {
  try {
    return (await file.write(bytes, 0, bytes.length, at)).bytesWritten
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return undefined
    throw error
  }
}
