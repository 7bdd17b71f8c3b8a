import type { Db } from '../../src/db/db.ts'
import { type Sql, sql } from '../../src/db/sql.ts'

/** Stores when a device was heard from last, or that it never was. */
export async function setCheckIn(db: Db, device_id: string, at: Sql | null): Promise<void> {
  await db.query(sql`delete from check_ins where device_id = ${device_id}`)
  if (at)
    await db.query(sql`
      insert into check_ins (tenant_id, device_id, at) select tenant_id, id, ${at} from devices where id = ${device_id}`)
}
