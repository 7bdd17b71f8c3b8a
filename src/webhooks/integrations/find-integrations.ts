import type { Db } from '../../db/db.ts'
import { and, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { integrationNotFound } from '../../errors.ts'
import { type Integration, type IntegrationRow, toIntegration } from '../integration.ts'

type Viewer = { tenant_id: string }

/** The integrations of the tenant, oldest first. */
export const findIntegrations = (env: Env, { tenant_id }: Viewer): Promise<Integration[]> =>
  select(env.db, sql`i.tenant_id = ${tenant_id}`)

export async function findIntegration(env: Env, { tenant_id }: Viewer, id: string): Promise<Integration> {
  const [integration] = await select(env.db, and([sql`i.tenant_id = ${tenant_id}`, sql`i.id = ${id}`]))
  if (!integration) throw integrationNotFound()
  return integration
}

async function select(db: Db, matching: Sql): Promise<Integration[]> {
  const rows = await db.query<IntegrationRow>(sql`
    select i.id, i.description, i.url, i.secret is not null as has_secret, i.format, i.events, f.since as failing_since
    from integrations i left join webhook_failures f on f.tenant_id = i.tenant_id and f.integration_id = i.id
    where ${matching} order by i.created_ts, i.id`)
  return rows.map(toIntegration)
}
