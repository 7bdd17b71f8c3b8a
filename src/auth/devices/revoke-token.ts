import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tokenNotFound } from '../../errors.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { endTokens } from './end-tokens.ts'
import { deviceObject } from './record-device.ts'
import { andOfVisibleDevice } from './visible-devices.ts'

/**
 * Ends all tokens of an accepted auth set. The set stays accepted: the device gets a new token at its next auth
 * request.
 */
export async function revokeToken(env: Env, actor: Actor, auth_set_id: string): Promise<void> {
  const { tenant_id } = actor
  await env.db.transaction(async (tx) => {
    const device = await tx.first<{ tenant_id: string; device_id: string; identity_data: object }>(sql`
      select s.tenant_id, s.device_id, d.identity_data from auth_sets s
        join devices d on d.tenant_id = s.tenant_id and d.id = s.device_id
      where s.tenant_id = ${tenant_id} and s.id = ${auth_set_id}`)
    if (!device) throw tokenNotFound()
    await lockDevices(tx, [device])
    const visible = andOfVisibleDevice(actor, sql`auth_sets.device_id`)
    const which = sql`id = ${auth_set_id} and status = 'accepted' ${visible}`
    if (!(await endTokens(tx, device, { which, status: 'accepted' }))) throw tokenNotFound()
    await recordEvent(tx, actor, { at: env.now(), action: 'revoke', object: deviceObject(device) })
  })
}
