import { type Static, Type } from 'typebox'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { HAS_FAILED } from '../rows/device-deployment-rows.ts'
import { requireDeployment } from '../rows/visible-deployments.ts'

const KINDS = ['log', 'no_error', 'no_log', 'timed_out', 'not_confirmed'] as const
const count = Type.Integer({ description: 'Number of devices' })

export const FailureGroup = Type.Object(
  {
    kind: Type.Unsafe<(typeof KINDS)[number]>({
      ...{ type: 'string', enum: KINDS },
      description:
        '`log`: the devices sent a log with this reason; `no_error`: a log without an error; `no_log`: none; `timed_out`: they did not end in time; `not_confirmed`: they succeeded, but did not confirm it in time',
    }),
    reason: Type.Optional(
      Type.String({
        description:
          'With `log`: the last error of the log, with placeholders for what differs, such as `<number>`, `<path>` and `<id>`',
      }),
    ),
    count,
    device_id: Type.String({ description: 'ID of one of the devices' }),
    by: Type.Array(
      Type.Object(
        {
          device_type: Type.Optional(Type.String({ description: 'The device type; absent: not known' })),
          artifact_name: Type.Optional(
            Type.String({ description: 'The software that they ran before; absent: not known' }),
          ),
          count,
        },
        { title: 'FailedDevices', description: 'How many of them have a device type and software' },
      ),
      { description: 'The same devices by device type and software; the most frequent first' },
    ),
  },
  { title: 'FailureGroup', description: 'Devices that failed for the same reason' },
)
export type FailureGroup = Static<typeof FailureGroup>

type Row = Pick<FailureGroup, 'kind' | 'count' | 'device_id'> & {
  reason: string | null
  device_type: string | null
  artifact_name: string | null
}

/** Most groups that are returned. */
const MAX_GROUPS = 100

/** The failed devices of a deployment by reason, the most frequent first. */
export async function findFailures(env: Pick<Env, 'db'>, viewer: Viewer, deployment_id: string) {
  const db = env.db.reads
  await requireDeployment(db, viewer, deployment_id)
  const rows = await readFailed(db, { tenant_id: viewer.tenant_id, deployment_id })
  return groupsOf(rows).slice(0, MAX_GROUPS)
}

/** Why the row `dd` with the log `l` failed. A log that was not looked at yet has no reason. */
const KIND = raw(`
  case when dd.status = 'success' then 'not_confirmed' when dd.status <> 'failure' then 'timed_out'
    when l.device_id is null then 'no_log' when coalesce(l.reason, '') = '' then 'no_error' else 'log' end`)

const readFailed = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query<Row>(sql`
    select ${KIND} as kind, case when ${KIND} = 'log' then l.reason end as reason, dd.device_type,
      dd.request ->> 'artifact_name' as artifact_name, count(*) as count, min(dd.device_id) as device_id
    from device_deployments dd
      left join device_deployment_logs l on l.tenant_id = dd.tenant_id and l.device_id = dd.device_id
        and l.deployment_id = dd.deployment_id
    where dd.tenant_id = ${tenant_id} and dd.deployment_id = ${deployment_id} and dd.deleted is null and ${HAS_FAILED}
    group by 1, 2, 3, 4`)

function groupsOf(rows: readonly Row[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const { kind, reason, count, device_id, device_type, artifact_name } of rows) {
    const key = JSON.stringify([kind, reason])
    const group = groups.get(key) ?? { kind, ...(reason === null ? {} : { reason }), count: 0, device_id, by: [] }
    groups.set(key, group)
    group.count += count
    group.by.push({
      ...(device_type === null ? {} : { device_type }),
      ...(artifact_name === null ? {} : { artifact_name }),
      count,
    })
    if (device_id < group.device_id) group.device_id = device_id
  }
  for (const { by } of groups.values()) by.sort((a, b) => b.count - a.count)
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.reason ?? '').localeCompare(b.reason ?? ''))
}

/** The condition that a row `dd` has a log with this reason. */
export const hasReason = ({ tenant_id, deployment_id }: DeploymentKey, reason: string): Sql => sql`
  dd.device_id in (
    select l.device_id from device_deployment_logs l
    where l.tenant_id = ${tenant_id} and l.deployment_id = ${deployment_id} and l.reason = ${reason})`
