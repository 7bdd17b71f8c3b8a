import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/db.ts'
import { raw, sql } from '../db/sql.ts'
import { objectDiff } from '../events/change-text.ts'
import { eventObject } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'
import { andVisible } from './visible-releases.ts'

type Change = { name: string; at: Date; column: 'notes' | 'tags'; value: string | string[] }

/** Changes one column of a release and records it in the audit log. Returns whether there is such a release. */
export async function changeRelease(tx: Db, actor: Actor, { name, at, column, value }: Change): Promise<boolean> {
  const { tenant_id } = actor
  // The lock of everything that changes artifacts: no other release gets a tag while tags are counted.
  await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for no key update`)
  const before = await tx.first<{ value: unknown }>(sql`
    select ${raw(column)} as value from releases r
    where tenant_id = ${tenant_id} and name = ${name} ${andVisible(actor)} for no key update`)
  if (!before) return false
  await tx.query(sql`
    update releases set ${raw(column)} = ${value}, modified = ${at.toISOString()}
    where tenant_id = ${tenant_id} and name = ${name}`)
  const lines = objectDiff({ [column]: before.value }, { [column]: value })
  const object = eventObject('release', name, { name })
  if (lines.length > 0) await recordEvent(tx, actor, { at, action: 'update', object, change: lines.join('\n') })
  return true
}
