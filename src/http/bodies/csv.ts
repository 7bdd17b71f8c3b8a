import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { csvLine } from '../../csv.ts'
import { ofType } from '../document/responses.ts'

/** The schema of a response by `sendCsv`. */
export const Csv = ofType<Readable>('text/csv', 'A table (RFC 4180) with a header line', 'content-disposition')

export const CSV_NOTE = "Cells that a spreadsheet would read as a formula begin with an apostrophe: `'=1+1`."

type Rows = readonly (readonly string[])[]
type Table = {
  /** Name of the file without its extension. */
  name: string
  columns: readonly string[]
  chunks: AsyncIterable<Rows> | Iterable<Rows>
}

/**
 * Responds with a table, which is written as it is sent. The first rows are read before: until then a refusal is a
 * response of its own, and later it could only end the connection.
 */
export async function sendCsv(reply: FastifyReply, { name, columns, chunks: source }: Table): Promise<FastifyReply> {
  const chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  const first = await chunks.next()
  return reply
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .type('text/csv; charset=utf-8; header=present')
    .send(new CsvStream(linesOf([columns, ...(first.done ? [] : first.value)]), chunks))
}

type Chunks = AsyncIterator<Rows> | Iterator<Rows>

const linesOf = (rows: Rows): string => rows.map(csvLine).join('')

/** Unlike that of `Readable.from`, its source also ends if nothing was read of it. */
class CsvStream extends Readable {
  readonly #chunks: Chunks

  constructor(first: string, chunks: Chunks) {
    super()
    this.#chunks = chunks
    this.push(first)
  }

  override _read(): void {
    Promise.resolve(this.#chunks.next()).then(
      ({ done, value }) => this.push(done ? null : linesOf(value)),
      (error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    Promise.resolve(this.#chunks.return?.()).then(
      () => callback(error),
      (failure) => callback(error ?? failure),
    )
  }
}
