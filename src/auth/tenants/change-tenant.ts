import type { Db } from '../../db/db.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tenantNotFound } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { operatorOf } from '../actor.ts'
import type { Tenant } from '../tenant.ts'

export type TenantChange = { tenant_id: string } & Partial<Pick<Tenant, 'status' | 'plan' | 'max_devices'>> & {
    /** Whether every user may sign in with a password again. */
    allows_passwords?: true
  }

/**
 * For the operator. Every request reads the tenant, so the change applies to the next one: of a suspended tenant, no
 * login, token or device is authenticated any more. A lower device limit leaves accepted devices accepted.
 */
export async function changeTenant(
  env: Env,
  { tenant_id, status, plan, max_devices, allows_passwords }: TenantChange,
): Promise<void> {
  await env.db.transaction(async (tx) => {
    if (max_devices !== undefined) await lockMemberships(tx, tenant_id, 'exclusive')
    const before = await lockTenant(tx, tenant_id)
    if (!before) throw tenantNotFound(tenant_id)
    const { name, ...values } = before
    const after = {
      status: status ?? values.status,
      plan: plan ?? values.plan,
      max_devices: max_devices ?? values.max_devices,
      password_user_id: allows_passwords ? null : values.password_user_id,
    }
    await tx.query(sql`
      update tenants set status = ${after.status}, plan = ${after.plan}, password_user_id = ${after.password_user_id}
      where tenant_id = ${tenant_id}`)
    if (max_devices !== undefined) await setDeviceLimit(tx, tenant_id, max_devices)
    const lines = objectDiff(values, after)
    const object = eventObject('tenant', tenant_id, { name })
    if (lines.length === 0) return
    const event = { at: env.now(), action: 'update', object, change: lines.join('\n') }
    await recordEvent(tx, operatorOf(tenant_id), event)
  })
}

type LockedTenant = Pick<Tenant, 'name' | 'status' | 'plan' | 'max_devices'> & { password_user_id: string | null }

const lockTenant = (tx: Db, tenant_id: string) =>
  tx.first<LockedTenant>(sql`
    select name, status, plan, max_devices, password_user_id from tenants where tenant_id = ${tenant_id} for no key update`)

/** If there is a limit, the accepted devices are counted from now on. The caller holds the membership lock. */
async function setDeviceLimit(tx: Db, tenant_id: string, max_devices: number): Promise<void> {
  const counted = await tx.first<{ accepted: number }>(sql`
    select count(*) as accepted from devices where tenant_id = ${tenant_id} and status = 'accepted'`)
  const accepted_count = max_devices >= 0 ? (counted?.accepted ?? 0) : null
  await tx.query(sql`
    update tenants set max_devices = ${max_devices}, accepted_count = ${accepted_count}
    where tenant_id = ${tenant_id}`)
}
