import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { lastProvider } from '../../sign-in-errors.ts'

/**
 * Rejects what would leave users without any sign-in. Locks the tenant's row, so the setting and the providers stay as
 * they are until the transaction ends.
 */
export async function requireAnotherProvider(
  tx: Db,
  { tenant_id, id }: { tenant_id: string; id: string },
): Promise<void> {
  const tenant = await tx.first<{ password_user_id: string | null }>(sql`
    select password_user_id from tenants where tenant_id = ${tenant_id} for no key update`)
  if (!tenant || tenant.password_user_id === null) return
  const other = await tx.first(sql`
    select 1 from sign_in_providers where tenant_id = ${tenant_id} and enabled and id <> ${id} limit 1`)
  if (!other) throw lastProvider()
}
