import { randomBytes } from 'node:crypto'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

export const TICKET_KEY_PERIOD_S = 24 * 60 * 60

// What Node.js takes: 16 bytes each for the name of the key, HMAC and AES.
const KEY_LENGTH = 48

/**
 * The key of TLS session tickets at `now`, the same for all processes of the installation. The first process that
 * needs it in a period creates it and deletes those of earlier periods.
 */
export async function loadTicketKey(db: Db, now: Date): Promise<Buffer> {
  const period = Math.floor(now.getTime() / 1000 / TICKET_KEY_PERIOD_S)
  const find = () => db.first<{ value: Buffer }>(sql`select value from ticket_keys where period = ${period}`)
  const found = await find()
  if (found) return found.value
  await db.query(sql`delete from ticket_keys where period < ${period}`)
  await db.query(sql`
    insert into ticket_keys (period, value) values (${period}, ${randomBytes(KEY_LENGTH)}) on conflict do nothing`)
  const created = await find()
  if (!created) throw new Error('The key of TLS session tickets is missing.')
  return created.value
}
