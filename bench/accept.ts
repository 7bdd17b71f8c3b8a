import { changeTenant } from '../src/auth/tenants/change-tenant.ts'
import { sql } from '../src/db/sql.ts'
import type { Env } from '../src/env.ts'
import type { FleetServer } from './fleet-server.ts'
import type { Row } from './row.ts'
import { post } from './saved-filters.ts'
import { versusCount } from './versus-count.ts'

/** Accepts one more device among 980,000, for a tenant without and with a device limit. */
export async function benchAccept(server: FleetServer): Promise<Row[]> {
  const device = await server.db.first<{ id: string }>(sql`
    select id from devices where tenant_id = ${server.tenant_id} and status = 'rejected' limit 1`)
  const decide = (action: 'accept' | 'reject') => () =>
    post(server, '/api/management/v2/devauth/devices/bulk', { action, device_ids: [device?.id] })
  const condition = sql`d.status = 'accepted'`
  const one = (name: string) => versusCount(server, { name, condition, work: decide('accept'), undo: decide('reject') })
  const limit = (max_devices: number) =>
    changeTenant({ db: server.db, now: () => new Date() } as Env, { tenant_id: server.tenant_id, max_devices })
  const unlimited = await one('accept a device')
  await limit(1_000_000)
  const limited = await one('accept a device under a limit')
  await limit(-1)
  return [unlimited, limited]
}
