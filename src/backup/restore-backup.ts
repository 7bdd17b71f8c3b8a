import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { BlobExists } from '../blobs/blobs.ts'
import { migrate } from '../db/migrate.ts'
import { sql } from '../db/sql.ts'
import type { OpenEnv } from '../open-env.ts'
import { artifactFile, type Manifest, type Table, tableFile } from './manifest.ts'

/**
 * Restores a backup into an empty database, opened with the backup's migrations only, then runs the later migrations.
 * The tables are committed at once, after the artifacts: an interrupted restore can be repeated.
 */
export async function restoreBackup(env: OpenEnv, dir: string, { artifacts, tables }: Manifest): Promise<void> {
  if (await env.db.first(sql`select 1 from tenants limit 1`))
    throw new Error('The database is not empty. Restore into a new MUSTER_DATA_DIR, or into an empty database.')
  for (const { key } of artifacts ?? []) await put(env, key, artifactFile(dir, key))
  await restoreTables(env.database_url, dir, tables)
  await migrate(env.db)
}

/** Replaces what an interrupted restore has left. */
async function put(env: OpenEnv, key: string, file: string): Promise<void> {
  try {
    await env.blobs.put(key, createReadStream(file))
  } catch (error) {
    if (!(error instanceof BlobExists)) throw error
    await env.blobs.delete(key)
    await env.blobs.put(key, createReadStream(file))
  }
}

async function restoreTables(database_url: string, dir: string, tables: readonly Table[]): Promise<void> {
  const client = new pg.Client({ connectionString: database_url, application_name: 'muster-restore' })
  await client.connect()
  try {
    await client.query('begin')
    // Created when the database was opened.
    await client.query('delete from secrets')
    for (const table of tables) await restoreTable(client, dir, table)
    await client.query('commit')
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

async function restoreTable(client: pg.Client, dir: string, { name, columns, rows }: Table): Promise<void> {
  const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ')
  const copy = client.query(copyFrom(`copy ${pg.escapeIdentifier(name)} (${list}) from stdin`))
  await pipeline(createReadStream(tableFile(dir, name)), createGunzip(), copy)
  if (copy.rowCount !== rows)
    throw new Error(`The backup is damaged: table ${name} has ${copy.rowCount} rows instead of ${rows}.`)
}
