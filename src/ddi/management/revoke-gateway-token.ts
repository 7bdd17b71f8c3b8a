import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import { gatewayTokenNotFound } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { raiseDeploymentsVersion } from '../rows/raise-deployments-version.ts'

/** Ends a gateway token at once, for all devices that use it. */
export async function revokeGatewayToken(env: Env, actor: Actor, id: string): Promise<void> {
  const { tenant_id, scope } = actor
  // Devices of any group may use it.
  if (scope.groups !== null) throw roleForbids()
  await env.db.transaction(async (tx) => {
    await raiseDeploymentsVersion(tx, tenant_id)
    const revoked = await tx.first<{ name: string }>(sql`
      delete from gateway_tokens where tenant_id = ${tenant_id} and id = ${id} returning name`)
    if (!revoked) throw gatewayTokenNotFound()
    await recordEvent(tx, actor, { at: env.now(), action: 'revoke', object: eventObject('token', id, revoked) })
  })
}
