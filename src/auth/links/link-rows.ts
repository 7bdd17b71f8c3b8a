import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { UserId } from '../users/lock-user.ts'
import { hashOf, LIFETIME_MS, type Purpose } from './mailed-link.ts'

type NewLink = UserId & { purpose: Purpose; email: string; secret: string; now: Date }

/** Other links for the same purpose stay valid: the mails may arrive in any order. */
export async function insertLink(tx: Db, { tenant_id, id, purpose, email, secret, now }: NewLink): Promise<void> {
  const expires_ts = new Date(now.getTime() + LIFETIME_MS[purpose]).toISOString()
  await tx.query(sql`
    insert into mailed_links (tenant_id, secret_sha256, user_id, purpose, email, expires_ts)
    values (${tenant_id}, ${hashOf(secret)}, ${id}, ${purpose}, ${email}, ${expires_ts})`)
}

/** A user of a tenant that is not suspended: the others cannot sign in. */
type Recipient = UserId & { password_hash: string; password_user_id: string | null; is_verified: boolean }

export const findRecipient = (db: Db, email: string): Promise<Recipient | undefined> =>
  db.first<Recipient>(sql`
    select u.tenant_id, u.id, u.password_hash, t.password_user_id, u.verified_ts is not null as is_verified
    from users u join tenants t using (tenant_id)
    where u.email = ${email} and t.status <> 'suspended'`)

type Link = { purpose: Purpose; secret: string; now: Date }

/** The user of a valid link, and the address it was sent to. The secret alone identifies the tenant, too. */
export const findLink = (db: Db, { purpose, secret, now }: Link): Promise<(UserId & { email: string }) | undefined> =>
  db.first<UserId & { email: string }>(sql`
    select tenant_id, user_id as id, email from mailed_links
    where secret_sha256 = ${hashOf(secret)} and purpose = ${purpose} and expires_ts > ${now.toISOString()}`)

/** Removes the links of a locked user for this purpose. Returns whether this one was among them, and valid. */
export async function useLink(tx: Db, { tenant_id, id }: UserId, { purpose, secret, now }: Link): Promise<boolean> {
  const removed = await tx.query<{ secret_sha256: string; expires_ts: string }>(sql`
    delete from mailed_links where tenant_id = ${tenant_id} and user_id = ${id} and purpose = ${purpose}
    returning secret_sha256, expires_ts`)
  const hash = hashOf(secret)
  return removed.some((link) => link.secret_sha256 === hash && link.expires_ts > now.toISOString())
}
