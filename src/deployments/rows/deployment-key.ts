import { type Sql, sql } from '../../db/sql.ts'

export type DeploymentKey = { tenant_id: string; deployment_id: string }

export const keyOf = ({ tenant_id, deployment_id }: DeploymentKey): string => `${tenant_id}/${deployment_id}`

/** The condition that a pair of columns identifies one of these deployments: usually a few, with many duplicates. */
export function among(columns: Sql, keys: readonly DeploymentKey[]): Sql {
  const distinct = [...new Map(keys.map((key) => [keyOf(key), key])).values()]
  return sql`${columns} in (select * from unnest(
    ${distinct.map(({ tenant_id }) => tenant_id)}::text[],
    ${distinct.map(({ deployment_id }) => deployment_id)}::text[]))`
}
