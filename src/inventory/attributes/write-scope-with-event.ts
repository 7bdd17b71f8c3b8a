import { unlessDistributed } from '../../db/citus/unless-distributed.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { requireAttributes } from '../attribute.ts'
import type { CheckedWrite } from './checked-writes.ts'
import { requireWritten, type ScopeWrite, toRows } from './scope-write.ts'
import { writeDistributed } from './write-distributed.ts'
import { writeInOneStatement } from './write-in-one-statement.ts'

/** `before`: the device as it was before the write. */
type RecordChange = (tx: Db, before: DeviceBefore) => Promise<void>
type DeviceBefore = { device_id: string; identity_data: object; tags: Record<string, unknown> }

/** As `writeScope`, in one transaction with `recordChange`, which runs if the write changed something. */
export async function writeScopeWithEvent(env: Env, write: ScopeWrite, recordChange: RecordChange): Promise<void> {
  requireAttributes(write.attributes)
  const batch = { now: nowText(env), rows: toRows([write]), devices: [write] }
  const writeBy = (statement: (tx: Transaction) => Promise<CheckedWrite[]>) => () =>
    env.db.transaction(async (tx) => {
      await lockDevices(tx, [write])
      const before = await lockRow(tx, write)
      const [outcome] = await statement(tx)
      requireWritten(outcome)
      if (before && outcome.is_changed) await recordChange(tx, before)
    })
  await unlessDistributed(env, {
    whole: writeBy((tx) => writeInOneStatement(tx, batch)),
    distributed: writeBy((tx) => writeDistributed(tx, batch)),
  })
}

const lockRow = (tx: Db, { tenant_id, device_id }: ScopeWrite) =>
  tx.first<DeviceBefore>(sql`
    select d.id as device_id, d.identity_data, coalesce(d.attributes -> 'tags', '{}') as tags
    from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} for no key update`)
