import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { GatewayToken } from '../gateway-token.ts'

/** The gateway tokens of the tenant, oldest first. */
export const findGatewayTokens = (env: Env, { tenant_id }: Actor): Promise<GatewayToken[]> =>
  env.db.query(sql`
    select id, name, created_ts from gateway_tokens where tenant_id = ${tenant_id} order by created_ts, id`)
