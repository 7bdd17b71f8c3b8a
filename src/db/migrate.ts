import { readdir, readFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import type { Database, Db } from './db.ts'
import { raw, sql } from './sql.ts'

// The same path from src/db and from dist/db.
const MIGRATIONS = joinPath(import.meta.dirname, '..', '..', 'src', 'db', 'migrations')
const MIGRATION_LOCK = 0x6d757374

/** Brings the database up to this program's schema, or as far as `wanted` goes. Answers the names of the migrations it ran. */
export async function migrate(db: Database, wanted?: readonly string[]): Promise<string[]> {
  const known = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
  return db.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    await tx.query(sql`create table if not exists migrations (name text primary key, run_at timestamptz not null)`)
    const done = (await tx.query<{ name: string }>(sql`select name from migrations`)).map(({ name }) => name)
    refuseFuture(done, known)
    if (wanted) refuseFuture(wanted, known)
    const missing = (wanted ?? known).filter((name) => !done.includes(name))
    for (const name of missing) await run(tx, name)
    return missing
  })
}

function refuseFuture(done: readonly string[], known: readonly string[]) {
  const unknown = done.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(
      `This was made by a newer Muster (it has ${unknown.join(', ')}). Start that version, or restore an older backup.`,
    )
}

async function run(tx: Db, name: string) {
  await tx.query(raw(await readFile(joinPath(MIGRATIONS, name), 'utf8')))
  await tx.query(sql`insert into migrations (name, run_at) values (${name}, now())`)
}
