import { expect } from 'vitest'
import type { Db } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import type { Api } from './api.ts'

export const LIMITS = '/api/management/v2/deployments/download_limits'

export const saveLimits = async (api: Api, limits: object) =>
  expect(await api.put(LIMITS, limits)).toMatchObject({ status: 204 })

/** The number of devices of a tenant, or of the only one, that download, by what of the limit by attribute they count towards. */
export async function downloading(db: Db, tenant_id?: string): Promise<Record<string, number>> {
  const rows = await db.query<{ key: string; count: number }>(sql`
    select download_key as key, count(*) as count from device_deployments
    where download_seen is not null and finished is null and tenant_id = coalesce(${tenant_id ?? null}, tenant_id)
    group by 1`)
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]))
}
