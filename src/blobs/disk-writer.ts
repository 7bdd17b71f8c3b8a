import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { hasCode } from '../error-code.ts'
import { freeBlocks, takeBlocks } from './blocks.ts'

// Where the page cache takes the bytes, the disk works while the rest is on its way, and has not all of it to do at the end.
const SYNC_EVERY = 32

/**
 * Writes a new file in blocks past the page cache, where the file system lets it. Copying into the cache costs half of what
 * hashing does, on some virtual machines several times that, and a large file pushes out of it what others need.
 */
export class DiskWriter {
  readonly #file: FileHandle
  readonly #path: string
  /** Opened when the first block is full; undefined where it is not possible. */
  #direct: Promise<FileHandle | undefined> | undefined
  /** One is filled while the other is written. */
  readonly #blocks = takeBlocks()
  readonly #writing: Promise<void>[] = []
  /** Blocks that are full, and bytes in the one that is filled. */
  #full = 0
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

  /** Copies the bytes. Where there is no room for all of them, answers a promise to be waited for. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed || this.#used + bytes.length >= this.#block.length) return this.#writeOver(bytes)
    this.#copy(bytes)
    return undefined
  }

  /** Answers the size of the file, once all of it is on stable storage. */
  async finish(): Promise<number> {
    const at = this.#full * this.#block.length
    if (this.#used > 0) await this.#writePlain(this.#block.subarray(0, this.#used), at)
    await Promise.all(this.#writing)
    // The last of them may have begun it. Of what a disk did not take, the system tells only the first who asks.
    await this.#syncing
    await this.#file.sync()
    return at + this.#used
  }

  /** Waits for what is being written: the memory is another file's afterwards, and must not be touched any more. */
  async close() {
    this.#isClosed = true
    await Promise.allSettled([...this.#writing, this.#syncing])
    freeBlocks(this.#blocks)
    await (await this.#direct)?.close()
    await this.#file.close()
  }

  get #turn(): number {
    return this.#full % this.#blocks.length
  }

  get #block(): Buffer {
    return this.#blocks[this.#turn] as Buffer
  }

  async #writeOver(bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#isClosed) throw new Error('The file is closed.')
      const piece = rest.subarray(0, this.#block.length - this.#used)
      this.#copy(piece)
      rest = rest.subarray(piece.length)
      if (this.#used === this.#block.length) await this.#turnOver()
    }
  }

  /** Twice as fast as `set`, which takes its time with shared memory. */
  #copy(bytes: Uint8Array) {
    if (bytes.length > 0) this.#block.fill(bytes, this.#used, this.#used + bytes.length)
    this.#used += bytes.length
  }

  /** Begins to write the block that is full, and waits for the next to be free. */
  async #turnOver() {
    const writing = this.#writeBlock(this.#block, this.#full * this.#block.length)
    writing.catch(() => {})
    this.#writing[this.#turn] = writing
    this.#full++
    this.#used = 0
    await this.#writing[this.#turn]
  }

  async #writeBlock(block: Buffer, at: number) {
    this.#direct ??= openDirect(this.#path)
    const direct = await this.#direct
    const done = direct && (await writeOnce(direct, block, at))
    if (done === undefined) return this.#writeCached(block, at)
    await this.#writePlain(block.subarray(done), at + done)
  }

  async #writeCached(block: Buffer, at: number) {
    await this.#writePlain(block, at)
    if ((at / block.length) % SYNC_EVERY !== SYNC_EVERY - 1) return
    await this.#syncing
    this.#syncing = this.#file.datasync()
    this.#syncing.catch(() => {})
  }

  /** One call may write less than it was given. */
  async #writePlain(bytes: Buffer, at: number) {
    for (let done = 0; done < bytes.length; )
      done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}

async function openDirect(path: string): Promise<FileHandle | undefined> {
  // Undefined where there is no such thing.
  if (!constants.O_DIRECT) return undefined
  return open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined)
}

/** Undefined where it cannot be from this memory, or to this disk. */
async function writeOnce(file: FileHandle, bytes: Buffer, at: number): Promise<number | undefined> {
  try {
    return (await file.write(bytes, 0, bytes.length, at)).bytesWritten
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return undefined
    throw error
  }
}
