import { tooManyExports } from '../../errors.ts'
import { perObject } from '../memory/per-object.ts'
import type { Sql } from '../sql.ts'
import type { DatabaseHolder } from './time-budget.ts'

/** Walks of a process at a time. Each holds a connection, and the others stay free for devices. */
const MAX_WALKS = 3
/** Others wait while a chunk is read and made into text: with 2000 rows, 132 to 411 ms on a busy machine. */
const ROWS_PER_READ = 250

const walksOf = perObject((_env: DatabaseHolder) => ({ count: 0 }))

/** All rows of one snapshot, in chunks and in bounded memory, for exports. Rejects if there are as many walks already. */
export async function walkRows<Row>(env: DatabaseHolder, statement: Sql): Promise<AsyncGenerator<Row[]>> {
  const walks = walksOf(env)
  if (walks.count >= MAX_WALKS) throw tooManyExports()
  walks.count++
  return endedOnce(env.db.pages<Row>(statement, ROWS_PER_READ)[Symbol.asyncIterator](), () => walks.count--)
}

/** `end` is called once: when all is read, at an error, or when the reader leaves, even before it began. */
function endedOnce<Row>(chunks: AsyncIterator<Row[]>, end: () => void): AsyncGenerator<Row[]> {
  let has_ended = false
  const finish = async () => {
    if (has_ended) return
    has_ended = true
    end()
    await chunks.return?.()
  }
  const walk: AsyncGenerator<Row[]> = {
    async next() {
      if (has_ended) return { done: true, value: undefined }
      try {
        const chunk = await chunks.next()
        if (chunk.done) await finish()
        return chunk
      } catch (error) {
        await finish()
        throw error
      }
    },
    async return() {
      await finish()
      return { done: true, value: undefined }
    },
    async throw(error) {
      await finish()
      throw error
    },
    [Symbol.asyncIterator]: () => walk,
    [Symbol.asyncDispose]: finish,
  }
  return walk
}
