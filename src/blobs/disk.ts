import { randomUUID } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Readable } from 'node:stream'
import { BlobExists, type Blobs, StoreFailed, toldByPromise } from './blobs.ts'

// Default reads of 64 KiB give a third of the speed.
const READ_SIZE = 1024 * 1024
// Chunks come in 64 KiB: written one by one, that is sixteen times the calls.
const WRITE_SIZE = 1024 * 1024
// The disk works while the rest is on its way, and does not have to take all of it at the end.
const SYNC_EVERY = 32 * 1024 * 1024
const UNFINISHED = '.part'

/** Files below `dir`, which get their name once they are whole and synced. */
export function diskBlobs(dir: string): Blobs {
  const pathOf = (key: string) => join(dir, key)
  const sizeOf = async (key: string) => (await ifThere(stat(pathOf(key))))?.size
  return {
    sizeOf,
    async put(key, content) {
      content.on('error', toldByPromise)
      const path = pathOf(key)
      const unfinished = `${path}.${randomUUID()}${UNFINISHED}`
      await mkdir(dirname(path), { recursive: true })
      try {
        if ((await sizeOf(key)) !== undefined) throw new BlobExists(path)
        const size = await writeFile(unfinished, content)
        await giveName(unfinished, path)
        // The directories, too, may be new.
        for (const directory of [dirname(path), dir, dirname(dir)]) await sync(directory)
        return { size }
      } catch (error) {
        content.destroy(error as Error)
        throw hasCode(error, 'ENOSPC') ? new StoreFailed('The disk of the server is full.', error) : error
      } finally {
        await rm(unfinished, { force: true })
      }
    },
    async read(key, range) {
      const file = await ifThere(open(pathOf(key)))
      return file?.createReadStream({ ...range, highWaterMark: READ_SIZE })
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    link: async () => undefined,
    async *untouchedSince(time) {
      for await (const path of filesBefore(dir, time)) if (!path.endsWith(UNFINISHED)) yield relative(dir, path)
    },
    async clearUnfinished(time) {
      let cleared = 0
      for await (const path of filesBefore(dir, time)) {
        if (!path.endsWith(UNFINISHED)) continue
        await rm(path, { force: true })
        cleared++
      }
      return cleared
    },
  }
}

async function writeFile(path: string, content: Readable): Promise<number> {
  const file = await open(path, 'wx')
  try {
    let size = 0
    let syncing: Promise<void> | undefined
    for await (const chunks of gathered(content)) {
      const before = size
      size += await writeAll(file, chunks)
      if (Math.floor(before / SYNC_EVERY) === Math.floor(size / SYNC_EVERY)) continue
      await syncing
      syncing = file.datasync()
      syncing.catch(() => {})
    }
    await syncing
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

async function* gathered(content: Readable): AsyncGenerator<Buffer[]> {
  let [chunks, size] = [[] as Buffer[], 0]
  // Whoever writes to it waits for an error, which `put` gives it.
  for await (const chunk of content.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    chunks.push(chunk)
    if (size < WRITE_SIZE) continue
    yield chunks
    ;[chunks, size] = [[], 0]
  }
  if (size > 0) yield chunks
}

/** One call may write less than it was given. */
async function writeAll(file: FileHandle, chunks: Buffer[]): Promise<number> {
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await file.writev(chunks)
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten))
  return size
}

/** As a rename would, but never in place of another file. */
async function giveName(unfinished: string, path: string) {
  try {
    await link(unfinished, path)
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? new BlobExists(path) : error
  }
}

async function* filesBefore(dir: string, time: Date): AsyncGenerator<string> {
  const entries = (await ifThere(readdir(dir, { recursive: true, withFileTypes: true }))) ?? []
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const found = await ifThere(stat(path))
    if (found && found.mtime < time) yield path
  }
}

async function sync(directory: string) {
  const handle = await open(directory)
  await handle.sync().finally(() => handle.close())
}

const ifThere = <Found>(found: Promise<Found>): Promise<Found | undefined> =>
  found.catch((error) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })

const hasCode = (error: unknown, code: string): boolean => (error as { code?: string }).code === code
