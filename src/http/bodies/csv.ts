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

/** Responds with a table, which is written as it is sent. */
export const sendCsv = (reply: FastifyReply, table: Table): FastifyReply =>
  reply
    .header('content-disposition', `attachment; filename="${table.name}.csv"`)
    .type('text/csv; charset=utf-8; header=present')
    .send(new CsvStream(table))

/** Unlike that of `Readable.from`, its source also ends if nothing was read of it. */
class CsvStream extends Readable {
  readonly #chunks: AsyncIterator<Rows> | Iterator<Rows>

  constructor({ columns, chunks }: Table) {
    super()
    this.push(csvLine(columns))
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  }

  override _read(): void {
    Promise.resolve(this.#chunks.next()).then(
      ({ done, value }) => this.push(done ? null : value.map(csvLine).join('')),
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
