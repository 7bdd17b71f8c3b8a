import { readdir, readFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { PACKAGE_DIR } from '../package-dir.ts'
import type { Database, Db } from './db.ts'
import { raw, sql } from './sql.ts'
import { statementsIn } from './statements-in.ts'

const MIGRATIONS = joinPath(PACKAGE_DIR, 'src', 'db', 'migrations')
const MIGRATION_LOCK = 0x6d757374

/** Runs the migrations that the database lacks, of all or of those in `wanted`. Returns the names of those it ran. */
export async function migrate(db: Database, wanted?: readonly string[]): Promise<string[]> {
  const known = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
  return db.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    await tx.query(sql`create table if not exists migrations (name text primary key, run_at timestamptz not null)`)
    const done = (await tx.query<{ name: string }>(sql`select name from migrations`)).map(({ name }) => name)
    refuseUnknown(done, known)
    if (wanted) refuseUnknown(wanted, known)
    const missing = (wanted ?? known).filter((name) => !done.includes(name))
    for (const name of missing) await run(tx, name)
    return missing
  })
}

function refuseUnknown(names: readonly string[], known: readonly string[]) {
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(
      `This was made by a newer Muster (it has ${unknown.join(', ')}). Start that version, or restore an older backup.`,
    )
}

async function run(tx: Db, name: string) {
  // One at a time: Citus sends the whole text to its workers for each statement, and they refuse more than one.
  for (const statement of statementsIn(await readFile(joinPath(MIGRATIONS, name), 'utf8')))
    await tx.query(raw(statement))
  await tx.query(sql`insert into migrations (name, run_at) values (${name}, now())`)
}
