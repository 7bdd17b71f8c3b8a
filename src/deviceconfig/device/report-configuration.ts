import type { DeviceActor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { unauthorized } from '../../errors.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { type Configuration, requireConfiguration } from '../configuration.ts'

/** Stores what a device says that it is configured with: all of it. */
export async function reportConfiguration(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  reported: Configuration,
): Promise<void> {
  requireConfiguration(reported)
  recordCheckIn(env, { tenant_id, device_id })
  const at = env.now().toISOString()
  await env.db.transaction(async (tx) => {
    const device = await tx.first(sql`
      select 1 from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} for key share`)
    // Decommissioned since its token was verified.
    if (!device) throw unauthorized()
    await tx.query(sql`
      insert into device_configurations as c (tenant_id, device_id, reported, reported_ts)
      values (${tenant_id}, ${device_id}, ${JSON.stringify(reported)}::json, ${at}::timestamptz)
      on conflict (tenant_id, device_id) do update
        set reported = excluded.reported, reported_ts = excluded.reported_ts`)
  })
}
