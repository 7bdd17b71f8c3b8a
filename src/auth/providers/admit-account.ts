import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { staleTransaction } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { tenantSuspended } from '../../errors.ts'
import { valueDiff } from '../../events/change-text.ts'
import type { EventActor } from '../../events/record-event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { accountEmailTaken, accountUnknown } from '../../sign-in-errors.ts'
import { type Account, emailToLink, requireRole, requireUsableEmail } from '../account.ts'
import { predefinedRole } from '../role.ts'
import type { TokenUser } from '../sessions/sign-user-token.ts'
import { requireEmail } from '../user.ts'
import { insertUser } from '../users/create-user.ts'
import { lockUser } from '../users/lock-user.ts'
import { requireAdministrator } from '../users/require-administrator.ts'
import { userUpdated } from '../users/user-event.ts'
import type { ProviderRow } from './provider-rows.ts'

/** `provider` is locked: for a change, if the account is not known. */
type Admission = { provider: ProviderRow; account: Account }
type AdmittedUser = TokenUser & { email: string }

const findUserOf = (db: Db, tenant_id: string, { issuer, subject }: Account) =>
  db.first<{ user_id: string }>(sql`
    select user_id from user_identities
    where tenant_id = ${tenant_id} and issuer = ${issuer} and subject = ${subject}`)

export const isKnownAccount = async (db: Db, tenant_id: string, account: Account): Promise<boolean> =>
  (await findUserOf(db, tenant_id, account)) !== undefined

/**
 * Finds the user of an account, links or creates one if the rules allow, and gives the roles that the provider decides
 * about. A user belongs to an account by its issuer and subject only.
 */
export async function admitAccount(tx: Db, now: Date, admission: Admission): Promise<AdmittedUser> {
  const { provider, account } = admission
  const { tenant_id } = provider
  const tenant = await tx.first<{ plan: string; trial: boolean }>(sql`
    select plan, trial from tenants where tenant_id = ${tenant_id} and status = 'active'`)
  if (!tenant) throw tenantSuspended()
  const known = await findUserOf(tx, tenant_id, account)
  const user_id = known?.user_id ?? (await findUserToLink(tx, admission))
  const wanted = account.roles === undefined ? undefined : await existing(tx, tenant_id, account.roles)
  if (wanted) requireRole(wanted, account, provider.rules)
  const id = user_id ?? (await createUserOf(tx, now, { ...admission, roles: wanted }))
  const user = await lockUser(tx, { tenant_id, id })
  // It was deleted a moment ago, with its accounts.
  if (!user) throw staleTransaction()
  if (user_id !== undefined && wanted && !isDeepStrictEqual([...wanted].sort(), [...user.roles].sort())) {
    await setRoles(tx, now, { tenant_id, id, roles: wanted })
    await requireAdministrator(tx, tenant_id)
    await recordEvent(tx, actorOf(provider), userUpdated(now, user, valueDiff('roles', user.roles, wanted)))
  }
  if (!known) await link(tx, now, { ...admission, user_id: id })
  if (!known && user_id !== undefined)
    await recordEvent(tx, actorOf(provider), userUpdated(now, user, [`Linked to an account of ${provider.name}`]))
  return { tenant_id, id, email: user.email, ...tenant }
}

/** The provider decides, by its claims and the rules of the tenant; no user of Muster. */
const actorOf = ({ tenant_id, name }: ProviderRow): EventActor => ({
  ...{ tenant_id, user_id: `sign-in provider ${name}`, email: '', type: 'system' },
})

/** A role of the rules may have been deleted since they were saved. */
async function existing(tx: Db, tenant_id: string, names: readonly string[]): Promise<string[]> {
  const custom = await tx.query<{ name: string }>(sql`
    select name from roles where tenant_id = ${tenant_id} and name = any(${names}::text[]) order by name for key share`)
  return names.filter((name) => predefinedRole(name) || custom.some((role) => role.name === name))
}

async function findUserToLink(tx: Db, { provider, account }: Admission): Promise<string | undefined> {
  const email = emailToLink(account, provider.rules)
  if (email === undefined) return undefined
  const found = await tx.first<{ id: string }>(sql`
    select id from users where tenant_id = ${provider.tenant_id} and email = ${email}`)
  return found?.id
}

async function createUserOf(
  tx: Db,
  now: Date,
  { provider, account, roles }: Admission & { roles: string[] | undefined },
): Promise<string> {
  const { tenant_id, rules } = provider
  const email = account.email?.toLowerCase()
  const taken = email !== undefined && (await tx.first(sql`select tenant_id from users where email = ${email}`))
  if (taken) throw accountEmailTaken(email)
  if (!rules.create_users) throw accountUnknown(email ?? account.subject)
  const given = roles ?? (await existing(tx, tenant_id, rules.default_roles))
  requireRole(given, account, rules)
  const user = {
    ...{ id: randomUUID(), email: requireEmail(requireUsableEmail(account, rules)), password_hash: '', roles: given },
  }
  await insertUser(tx, now, { actor: actorOf(provider), user })
  return user.id
}

const setRoles = (tx: Db, now: Date, { tenant_id, id, roles }: { tenant_id: string; id: string; roles: string[] }) =>
  tx.query(sql`
    update users set roles = ${roles}, updated_ts = greatest(${now.toISOString()}, updated_ts + interval '1 millisecond')
    where tenant_id = ${tenant_id} and id = ${id}`)

const link = (tx: Db, now: Date, { provider, account, user_id }: Admission & { user_id: string }) =>
  tx.query(sql`
    insert into user_identities (tenant_id, issuer, subject, user_id, created_ts)
    values (${provider.tenant_id}, ${account.issuer}, ${account.subject}, ${user_id}, ${now.toISOString()})`)
