import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { signInExpired } from '../../sign-in-errors.ts'
import type { Proven } from './exchange-code.ts'
import type { ProviderRow } from './provider-rows.ts'

type Opened = {
  /** Locked. */
  provider: ProviderRow
  token_id: string
  subject: string
  proven: Proven
}

/** Records that a provider opened a session. Rejects one whose session at the provider has ended in the meantime. */
export async function recordProviderSession(
  tx: Db,
  { provider: { tenant_id, id }, token_id, subject, proven: { sid, id_token } }: Opened,
): Promise<void> {
  const ended =
    sid !== null &&
    (await tx.first(sql`
      select 1 from logout_tokens where tenant_id = ${tenant_id} and provider_id = ${id} and sid = ${sid} limit 1`))
  if (ended) throw signInExpired()
  await tx.query(sql`
    insert into provider_sessions (tenant_id, token_id, provider_id, subject, sid, id_token)
    values (${tenant_id}, ${token_id}, ${id}, ${subject}, ${sid}, ${id_token})`)
}
