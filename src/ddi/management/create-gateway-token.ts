import { randomBytes, randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { gatewayTokenExists, gatewayTokenNameTaken, tooManyGatewayTokens } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { type CreatedGatewayToken, MAX_GATEWAY_TOKENS, type NewGatewayToken } from '../gateway-token.ts'
import { raiseDeploymentsVersion } from '../rows/raise-deployments-version.ts'
import { formatToken, hashToken, TOKEN_BYTES } from '../token.ts'

/** Creates a token by which any device may authenticate that speaks DDI. Only its hash is stored. */
export async function createGatewayToken(
  env: Env,
  actor: Actor,
  { name, token = formatToken(randomBytes(TOKEN_BYTES)) }: NewGatewayToken,
): Promise<CreatedGatewayToken> {
  const { tenant_id, scope } = actor
  // New devices are in no group.
  if (scope.groups !== null) throw roleForbids()
  const created = { id: randomUUID(), name, created_ts: env.now().toISOString() }
  const row = { ...created, tenant_id, token_sha256: hashToken(token) }
  await env.db.transaction(async (tx) => {
    await raiseDeploymentsVersion(tx, tenant_id)
    await requireNew(tx, row)
    await insert(tx, row)
    const object = eventObject('token', created.id, { name })
    await recordEvent(tx, actor, { at: new Date(created.created_ts), action: 'create', object })
  })
  return { ...created, token }
}

type Row = { tenant_id: string; id: string; name: string; created_ts: string; token_sha256: string }

/** The tenant's row is locked, so no other request adds a token until the transaction ends. */
async function requireNew(tx: Db, { tenant_id, name, token_sha256 }: Row): Promise<void> {
  const tokens = await tx.query<{ name: string; token_sha256: string }>(sql`
    select name, token_sha256 from gateway_tokens where tenant_id = ${tenant_id}`)
  const same = tokens.find((other) => other.token_sha256 === token_sha256)
  if (tokens.some((other) => other.name === name)) throw gatewayTokenNameTaken(name)
  if (same) throw gatewayTokenExists(same.name)
  if (tokens.length >= MAX_GATEWAY_TOKENS) throw tooManyGatewayTokens(MAX_GATEWAY_TOKENS)
}

const insert = (tx: Db, { tenant_id, id, name, created_ts, token_sha256 }: Row) =>
  tx.query(sql`
    insert into gateway_tokens (tenant_id, id, name, token_sha256, created_ts)
    values (${tenant_id}, ${id}, ${name}, ${token_sha256}, ${created_ts})`)
