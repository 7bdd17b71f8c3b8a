import type pg from 'pg'

export type Fields = readonly (string | null)[]

/**
 * Executes a statement that was prepared on this connection, and returns the rows as the texts that arrive. The driver's
 * own query asks for a description of the columns each time and makes objects of rows, which takes twice as long.
 */
export const executePrepared = (client: pg.Client, name: string, values: (string | null)[]): Promise<Fields[]> =>
  new Promise((resolve, reject) => {
    client.query(new Execution(name, values, (error, rows) => (error ? reject(error) : resolve(rows ?? []))))
  })

/** What the driver requires of queries that are not its own. It replaces the callback by one with a time limit. */
class Execution implements pg.Submittable {
  readonly #statement: string
  readonly #values: (string | null)[]
  readonly #rows: Fields[] = []
  callback: (error: Error | null, rows?: Fields[]) => void

  constructor(statement: string, values: (string | null)[], callback: Execution['callback']) {
    this.#statement = statement
    this.#values = values
    this.callback = callback
  }

  submit(connection: pg.Connection): void {
    connection.stream.cork()
    connection.bind({ statement: this.#statement, values: this.#values }, true)
    connection.execute(null, true)
    connection.sync()
    connection.stream.uncork()
  }

  handleDataRow({ fields }: { fields: Fields }): void {
    this.#rows.push(fields)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null, this.#rows)
  }

  handleError(error: Error): void {
    this.callback(error)
  }
}
