import { randomBytes } from 'node:crypto'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

/**
 * The secret of the installation, from which every signing key is derived: created at first use, shared by all
 * processes.
 */
export async function loadSecret(db: Db): Promise<Buffer> {
  await db.query(sql`insert into secrets (name, value) values ('signing', ${randomBytes(32)}) on conflict do nothing`)
  const row = await db.first<{ value: Buffer }>(sql`select value from secrets where name = 'signing'`)
  if (!row) throw new Error('The signing secret is missing.')
  return row.value
}
