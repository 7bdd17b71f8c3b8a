import type { Actor } from '../../auth/actor.ts'
import { andVisible } from '../../auth/devices/visible-devices.ts'
import type { Dialect } from '../../auth/dialect.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import { notADdiDevice } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import type { DdiDevice } from '../ddi-device.ts'

/** A DDI device that the actor sees, with its newest action. */
export async function findDdiDevice(env: Env, actor: Actor, device_id: string): Promise<DdiDevice> {
  const found = await findRow(env.db, actor, device_id)
  if (!found) throw deviceNotFound()
  const { dialect, action, ...device } = found
  if (dialect !== 'ddi') throw notADdiDevice()
  return { ...device, ...(action && { action }) }
}

type Row = Omit<DdiDevice, 'action'> & { dialect: Dialect; action: DdiDevice['action'] | null }

/** A device without a row in `ddi_devices` has no target token, and is asked for its attributes. */
const findRow = (db: Db, actor: Actor, device_id: string): Promise<Row | undefined> =>
  db.first(sql`
    select d.id as device_id, d.dialect, d.identity_data ->> 'hawkbit_id' as controller_id,
      x.target_token_sha256 is not null as has_target_token, coalesce(x.wants_config_data, true) as wants_config_data, (
        select jsonb_strip_nulls(jsonb_build_object('id', a.action_id, 'deployment_id', a.deployment_id,
          'attempt', a.attempt, 'created', ${utcText(sql`a.created`)}, 'downloaded', a.downloaded,
          'cancel_since', ${utcText(sql`a.cancel_since`)}, 'closed', ${utcText(sql`a.closed`)}))
        from ddi_actions a where a.tenant_id = d.tenant_id and a.device_id = d.id
        order by a.action_id desc limit 1) as action
    from devices d left join ddi_devices x on x.tenant_id = d.tenant_id and x.device_id = d.id
    where d.tenant_id = ${actor.tenant_id} and d.id = ${device_id} ${andVisible(actor)}`)
