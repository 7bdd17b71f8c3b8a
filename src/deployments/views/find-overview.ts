import { type Static, Type } from 'typebox'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { AttentionItem } from '../attention.ts'
import { Deployment } from '../deployment.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import { findDeployments } from './find-deployments.ts'
import { findTroubles } from './find-troubles.ts'

const MAX_RUNNING = 6
const MAX_ATTENTION_ITEMS = 10

export const DeploymentsOverview = Type.Object(
  {
    total: Type.Integer({ description: 'Number of all deployments, finished ones included' }),
    scheduled: Type.Integer({ description: 'Number of scheduled deployments' }),
    pending: Type.Integer({ description: 'Number of pending deployments' }),
    inprogress: Type.Integer({ description: 'Number of deployments in progress' }),
    running: Type.Array(Deployment, {
      description: `The newest deployments that are pending or in progress, at most ${MAX_RUNNING}`,
    }),
    troubles: Type.Array(AttentionItem, {
      description: `Unfinished deployments that failed on devices, have no artifact for many devices, or are stuck for over a day or wait for a user, or whose devices take much longer than usual; the heaviest first, at most ${MAX_ATTENTION_ITEMS}`,
    }),
    troubled: Type.Integer({ description: 'Number of all such deployments' }),
    quiet_since: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'Since when neither deployments nor devices need attention, to about five minutes; absent: they do, or it is not known',
      }),
    ),
  },
  { title: 'DeploymentsOverview', description: 'The deployments in numbers' },
)
export type DeploymentsOverview = Static<typeof DeploymentsOverview>

/** What is going on, and what needs attention. */
export async function findOverview(env: Env, viewer: Viewer): Promise<DeploymentsOverview> {
  const { reads: db } = env.db
  const now = nowText(env)
  const [total, { unfinished, items }, quiet_since] = await Promise.all([
    countAll(db, viewer),
    findTroubles(env, viewer),
    viewer.scope.groups === null ? readQuietSince(db, viewer.tenant_id) : null,
  ])
  const open = unfinished.filter(({ status }) => status !== 'scheduled')
  const ids = open.slice(0, MAX_RUNNING).map(({ id }) => id)
  const query = { ids, limit: MAX_RUNNING, offset: 0 }
  const { deployments } = ids.length > 0 ? await findDeployments(db, viewer, now, query) : { deployments: [] }
  const count = (of: string) => unfinished.filter(({ status }) => status === of).length
  return {
    ...{ total, scheduled: count('scheduled'), pending: count('pending'), inprogress: count('inprogress') },
    ...{ running: deployments, troubles: items.slice(0, MAX_ATTENTION_ITEMS), troubled: items.length },
    ...(quiet_since !== null && items.length === 0 && { quiet_since }),
  }
}

async function countAll(db: Db, viewer: Viewer): Promise<number> {
  const row = await db.first<{ total: number }>(sql`
    select count(*) as total from deployments d where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)}`)
  return row?.total ?? 0
}

async function readQuietSince(db: Db, tenant_id: string): Promise<string | null> {
  const row = await db.first<{ quiet_since: string | null }>(sql`
    select quiet_since from tenants where tenant_id = ${tenant_id}`)
  return row?.quiet_since ?? null
}
