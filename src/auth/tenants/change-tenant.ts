import type { Db } from '../../db/db.ts'
import { lockMemberships } from '../../db/locks/membership-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tenantNotFound } from '../../errors.ts'
import { differing } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { operatorOf } from '../actor.ts'
import type { Tenant } from '../tenant.ts'

export type TenantChange = { tenant_id: string } & Partial<Pick<Tenant, 'status' | 'plan' | 'max_devices'>>

/**
 * For the operator. Every request reads the tenant, so the next one sees it: of a suspended tenant no login, no token and
 * no device is good any more. A lower limit leaves accepted devices accepted.
 */
export async function changeTenant(env: Env, { tenant_id, status, plan, max_devices }: TenantChange): Promise<void> {
  await env.db.transaction(async (tx) => {
    if (max_devices !== undefined) await lockMemberships(tx, tenant_id, 'exclusive')
    const before = await lockTenant(tx, tenant_id)
    if (!before) throw tenantNotFound(tenant_id)
    const { name, ...values } = before
    const after = {
      status: status ?? values.status,
      plan: plan ?? values.plan,
      max_devices: max_devices ?? values.max_devices,
    }
    await tx.query(sql`
      update tenants set status = ${after.status}, plan = ${after.plan} where tenant_id = ${tenant_id}`)
    if (max_devices !== undefined) await limit(tx, tenant_id, max_devices)
    const lines = differing(values, after)
    const object = eventObject('tenant', tenant_id, { name })
    if (lines.length === 0) return
    const event = { at: env.now(), action: 'update', object, change: lines.join('\n') }
    await recordEvent(tx, operatorOf(tenant_id), event)
  })
}

type Locked = Pick<Tenant, 'name' | 'status' | 'plan' | 'max_devices'>

const lockTenant = (tx: Db, tenant_id: string) =>
  tx.first<Locked>(sql`
    select name, status, plan, max_devices from tenants where tenant_id = ${tenant_id} for no key update`)

/** From here on accepted devices are counted as they come and go, if there is a limit. */
const limit = (tx: Db, tenant_id: string, max_devices: number) =>
  tx.query(sql`
    update tenants t set max_devices = ${max_devices}, accepted_count = case when ${max_devices}::int >= 0 then (
      select count(*) from devices d where d.tenant_id = t.tenant_id and d.status = 'accepted') end
    where tenant_id = ${tenant_id}`)
