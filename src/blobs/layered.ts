import { BlobExists, type Blobs, reportedByPromise } from './blobs.ts'

/**
 * New blobs go to one store; those that an older one still holds stay there until somebody moves them. A move copies
 * before it deletes, and the older store is asked first: a blob is found at every moment of it.
 */
export function layered(store: Blobs, older: Blobs): Blobs {
  return {
    async put(key, content) {
      content.on('error', reportedByPromise)
      if ((await older.sizeOf(key)) === undefined) return store.put(key, content)
      const taken = new BlobExists(key)
      content.destroy(taken)
      throw taken
    },
    sizeOf: async (key) => (await older.sizeOf(key)) ?? store.sizeOf(key),
    read: async (key, range) => (await older.read(key, range)) ?? store.read(key, range),
    async delete(key) {
      await older.delete(key)
      await store.delete(key)
    },
    link: async (key, as) => ((await older.sizeOf(key)) === undefined ? store.link(key, as) : older.link(key, as)),
    async *writtenBefore(time) {
      yield* older.writtenBefore(time)
      yield* store.writtenBefore(time)
    },
    deleteUnfinished: async (time) => (await older.deleteUnfinished(time)) + (await store.deleteUnfinished(time)),
  }
}
