import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Readable } from 'node:stream'
import type { ByteSink } from '../byte-sink.ts'
import { hasCode } from '../has-code.ts'
import { BlobExists, type Blobs, reportedByPromise, StoreFailed } from './blobs.ts'
import { DiskWriter } from './disk-writer.ts'

// Reads of 64 KiB, the default, have a third of the throughput.
const READ_SIZE = 1024 * 1024
const UNFINISHED = '.part'

/** Files below `dir`. A file gets its name once it is complete and synced. */
export function diskBlobs(dir: string): Blobs {
  const pathOf = (key: string) => join(dir, key)
  const sizeOf = async (key: string) => (await ifExists(stat(pathOf(key))))?.size
  return {
    sizeOf,
    async put(key, content) {
      content.on('error', reportedByPromise)
      const path = pathOf(key)
      const unfinished = `${path}.${randomUUID()}${UNFINISHED}`
      await mkdir(dirname(path), { recursive: true })
      try {
        if ((await sizeOf(key)) !== undefined) throw new BlobExists(path)
        const size = await writeFile(unfinished, content)
        await linkAs(path, unfinished)
        // The directories may be new, too.
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
      const file = await ifExists(open(pathOf(key)))
      return file?.createReadStream({ ...range, highWaterMark: READ_SIZE })
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    link: async () => undefined,
    async *writtenBefore(time) {
      for await (const path of filesBefore(dir, time)) if (!path.endsWith(UNFINISHED)) yield relative(dir, path)
    },
    async deleteUnfinished(time) {
      let deleted = 0
      for await (const path of filesBefore(dir, time)) {
        if (!path.endsWith(UNFINISHED)) continue
        await rm(path, { force: true })
        deleted++
      }
      return deleted
    },
    close() {},
  }
}

async function writeFile(path: string, content: Readable): Promise<number> {
  const writer = await DiskWriter.create(path)
  try {
    await pipeInto(content, writer)
    return await writer.finish()
  } finally {
    await writer.close()
  }
}

/** By events: `for await` costs several promises for each chunk. */
function pipeInto(content: Readable, sink: ByteSink): Promise<void> {
  return new Promise((resolve, reject) => {
    if (content.destroyed) reject(content.errored ?? brokenOff())
    let last = Promise.resolve()
    content.on('data', (chunk: Uint8Array) => {
      const drained = sink.write(chunk)
      if (!drained) return
      content.pause()
      last = drained
      drained.then(() => content.resume(), reject)
    })
    // Emitted even while paused, once nothing is left to read.
    content.on('end', () => last.then(resolve, reject))
    content.on('error', reject)
    content.on('close', () => content.readableEnded || reject(brokenOff()))
  })
}

const brokenOff = () => new Error('The content of a file broke off.')

/** Names the file as a rename would, but never replaces another. */
async function linkAs(path: string, unfinished: string) {
  try {
    await link(unfinished, path)
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? new BlobExists(path) : error
  }
}

async function* filesBefore(dir: string, time: Date): AsyncGenerator<string> {
  const entries = (await ifExists(readdir(dir, { recursive: true, withFileTypes: true }))) ?? []
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const found = await ifExists(stat(path))
    if (found && found.mtime < time) yield path
  }
}

async function sync(directory: string) {
  const handle = await open(directory)
  await handle.sync().finally(() => handle.close())
}

const ifExists = <Found>(found: Promise<Found>): Promise<Found | undefined> =>
  found.catch((error) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
