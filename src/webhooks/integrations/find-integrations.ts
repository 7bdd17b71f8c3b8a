import type { Db } from '../../db/db.ts'
import { and, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound } from '../../errors.ts'
import { type Integration, type IntegrationRow, toIntegration } from '../integration.ts'

type Viewer = { tenant_id: string }

/** The integrations of the tenant, oldest first. */
export const findIntegrations = (env: Env, { tenant_id }: Viewer): Promise<Integration[]> =>
  select(env.db, sql`tenant_id = ${tenant_id}`)

export async function findIntegration(env: Env, { tenant_id }: Viewer, id: string): Promise<Integration> {
  const [integration] = await select(env.db, and([sql`tenant_id = ${tenant_id}`, sql`id = ${id}`]))
  if (!integration) throw integrationNotFound()
  return integration
}

async function select(db: Db, matching: Sql): Promise<Integration[]> {
  const rows = await db.query<IntegrationRow>(sql`
    select id, description, url, secret is not null as has_secret from integrations where ${matching}
    order by created_ts, id`)
  return rows.map(toIntegration)
}
