import { configurationChanged } from '../../addon-errors.ts'
import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { type Configuration, configurationText, requireConfiguration } from '../configuration.ts'
import { lockConfigurable, readConfiguration } from '../rows/configuration-rows.ts'

export type ConfigurationChange = {
  device_id: string
  configured: Configuration
  /** ETags, one of which the present configuration must have. */
  if_match?: readonly string[] | undefined
}

/** Sets what a device is to be configured with: all of it. The device gets it when it is deployed. */
export async function setConfiguration(
  env: Env,
  actor: Actor,
  { device_id, configured, if_match }: ConfigurationChange,
): Promise<void> {
  requireConfiguration(configured)
  const { tenant_id } = actor
  const at = env.now()
  await env.db.transaction(async (tx) => {
    // Locks: the device, then the tenant (CONTRIBUTING.md, "Locks").
    const device = await lockConfigurable(tx, actor, device_id)
    const { etag } = await readConfiguration(tx, { tenant_id, device_id })
    if (if_match && !if_match.includes(etag)) throw configurationChanged()
    await tx.query(sql`
      insert into device_configurations as c (tenant_id, device_id, configured, updated_ts)
      values (${tenant_id}, ${device_id}, ${JSON.stringify(configured)}::json, ${at.toISOString()}::timestamptz)
      on conflict (tenant_id, device_id) do update
        set configured = excluded.configured, updated_ts = excluded.updated_ts`)
    const object = deviceObject({ device_id, ...device })
    const change = configurationText(configured)
    await recordEvent(tx, actor, { at, action: 'set_configuration', object, change })
  })
}
