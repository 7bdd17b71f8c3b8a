import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { empty, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { Explanation } from '../explanation.ts'
import { requireDevice } from '../rows/require-device.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { explainDevice } from './explain-device.ts'
import { findConcerning } from './find-concerning.ts'

export const ActiveExplanation = Type.Object(
  {
    deployment: Type.Object(
      {
        id: Type.String({ description: 'ID of the deployment' }),
        name: Type.String({ description: 'Name of the deployment' }),
        artifact_name: Type.String({ description: 'Name of the release' }),
        created: Type.String({ format: 'date-time', description: 'Time of creation' }),
      },
      { description: 'The deployment' },
    ),
    explanation: Explanation,
  },
  { title: 'DeploymentExplanation', description: 'A deployment, and why a device has, or has not, been offered it' },
)
export type ActiveExplanation = Static<typeof ActiveExplanation>

type Page = { limit: number; offset: number }
/** `concerning`: only those that are for the device, or only the others. */
type Query = Page & { device_id: string; concerning: boolean | undefined }

/** Why a device is, or is not, offered each of the unfinished deployments, newest first. */
export async function explainActive(
  env: Env,
  actor: Actor,
  { device_id, concerning, ...page }: Query,
): Promise<{ total: number; explanations: ActiveExplanation[] }> {
  await requireDevice(env.db, actor, device_id)
  const condition = concerning === undefined ? empty : await isConcerning(env, actor, { device_id, concerning })
  const { total, deployments } = await findActive(env.db, actor, { ...page, condition })
  const explanations = deployments.map(async (deployment) => ({
    deployment,
    explanation: await explainDevice(env, actor, { deployment_id: deployment.id, device_id }),
  }))
  return { total, explanations: await Promise.all(explanations) }
}

async function isConcerning(
  env: Env,
  actor: Actor,
  { device_id, concerning }: { device_id: string; concerning: boolean },
) {
  const { ids } = await findConcerning(env, actor, device_id)
  return concerning ? sql`and d.id = any(${ids}::text[])` : sql`and not d.id = any(${ids}::text[])`
}

type ActivePage = { total: number; deployments: ActiveExplanation['deployment'][] }

async function findActive(
  db: Db,
  actor: Actor,
  { limit, offset, condition }: Page & { condition: Sql },
): Promise<ActivePage> {
  const rows = await db.query<ActiveExplanation['deployment'] & { total: number }>(sql`
    select d.id, d.name, d.artifact_name, d.created, count(*) over () as total
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${actor.tenant_id} and p.finished is null ${andVisible(actor)} ${condition}
    order by d.created desc, d.id limit ${limit} offset ${offset}`)
  return { total: rows[0]?.total ?? 0, deployments: rows.map(({ total: _, ...deployment }) => deployment) }
}
