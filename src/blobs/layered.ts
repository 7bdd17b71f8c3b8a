import { BlobExists, type Blobs, reportedByPromise } from './blobs.ts'

/**
 * Two stores as one: new blobs go to `store`; those in `older` stay there until they are moved by a command. A move
 * copies before it deletes, and reads try the older store first, so a blob is found at every moment of a move.
 */
export function layered(store: Blobs, older: Blobs): Blobs {
  return {
    async put(key, content) {
      content.on('error', reportedByPromise)
      if ((await older.sizeOf(key)) === undefined) return store.put(key, content)
      const error = new BlobExists(key)
      content.destroy(error)
      throw error
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
    close() {
      older.close()
      store.close()
    },
  }
}
