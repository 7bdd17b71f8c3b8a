import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Readable } from 'node:stream'
import type { ByteSink } from '../byte-sink.ts'
import { hasCode } from '../error-code.ts'
import { BlobExists, type Blobs, reportedByPromise, StoreFailed } from './blobs.ts'
import { DiskWriter } from './disk-writer.ts'

// Default reads of 64 KiB give a third of the speed.
const READ_SIZE = 1024 * 1024
const UNFINISHED = '.part'

/** Files below `dir`, which get their name once they are whole and synced. */
export function diskBlobs(dir: string): Blobs {
  const pathOf = (key: string) => join(dir, key)
  const sizeOf = async (key: string) => (await ifThere(stat(pathOf(key))))?.size
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
    async *writtenBefore(time) {
      for await (const path of filesBefore(dir, time)) if (!path.endsWith(UNFINISHED)) yield relative(dir, path)
    },
    async deleteUnfinished(time) {
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
