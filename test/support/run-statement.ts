import pg from 'pg'

/** Runs a statement on a separate connection. */
export async function run<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

export const databaseUrl = (url: string, name: string): string => url.replace(/\/[^/?]*(?=\?|$)/, `/${name}`)
