import { batched } from '../../db/batch.ts'
import { partitionOfTenant } from '../../db/citus/shards.ts'
import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import { textArray } from '../../db/text-array.ts'
import type { Env } from '../../env.ts'
import { firstActionId } from '../action.ts'

/** A device that works on a deployment. */
type Working = { tenant_id: string; device_id: string; deployment_id: string }

/** Devices repeat no feedback about an action that ended longer ago. */
const KEPT_MS = 30 * 24 * 60 * 60_000

/**
 * The number of the action of a device that has been offered an update: one for each attempt and artifact, the same for
 * every poll. Undefined: the device works on the deployment no longer.
 */
export const numberAction = batched<Env, Working, number | undefined>(
  (env, working) =>
    env.db.transaction(async (tx) => {
      const locked = lockDevices(tx, working)
      const now = env.now()
      const asked = sql`
        unnest(${textArray(working, ({ tenant_id }) => tenant_id)},
          ${textArray(working, ({ device_id }) => device_id)},
          ${textArray(working, ({ deployment_id }) => deployment_id)})
        with ordinality as asked (tenant_id, device_id, deployment_id, ordinality)
        join device_deployments dd on dd.tenant_id = asked.tenant_id and dd.device_id = asked.device_id
          and dd.deployment_id = asked.deployment_id and dd.finished is null and dd.deleted is null
          and dd.attempt_begun`
      tx.send(sql`
        insert into ddi_actions (tenant_id, device_id, action_id, deployment_id, device_deployment_id, attempt,
          artifact_id, created)
        select dd.tenant_id, dd.device_id, greatest(${firstActionId(now)}::int, 1 + coalesce((
            select max(b.action_id) from ddi_actions b
            where b.tenant_id = dd.tenant_id and b.device_id = dd.device_id), 0)),
          dd.deployment_id, dd.id, dd.attempts, dd.artifact_id, ${now.toISOString()}
        from ${asked} where dd.artifact_id is not null
        on conflict do nothing`)
      const finding = tx.query<{ at: number; action_id: number }>(sql`
        select asked.ordinality as at, a.action_id from ${asked}
          join ddi_actions a on a.tenant_id = dd.tenant_id and a.device_id = dd.device_id
            and a.device_deployment_id = dd.id and a.attempt = dd.attempts and a.artifact_id = dd.artifact_id`)
      const [, found] = await Promise.all([locked, finding])
      const numbers = new Array<number | undefined>(working.length)
      for (const { at, action_id } of found) numbers[at - 1] = action_id
      const numbered = working.flatMap((device, i) => {
        const action_id = numbers[i]
        return action_id === undefined ? [] : [{ ...device, action_id }]
      })
      if (numbered.length > 0) endEarlier(tx, numbered, now)
      return numbers
    }),
  { maxInFlight: 2, maxSize: 200, partition: partitionOfTenant, name: 'ddi_actions' },
)

type Numbered = Working & { action_id: number }

/** Closes what the device has not ended, and removes what ended long ago. */
function endEarlier(tx: Transaction, numbered: readonly Numbered[], now: Date) {
  const newest = sql`
    unnest(${textArray(numbered, ({ tenant_id }) => tenant_id)}, ${textArray(numbered, ({ device_id }) => device_id)},
        ${textArray(numbered, ({ action_id }) => action_id)}::int[])
      with ordinality as newest (tenant_id, device_id, action_id, ordinality)
    where a.tenant_id = newest.tenant_id and a.device_id = newest.device_id and a.action_id < newest.action_id`
  tx.send(sql`
    delete from ddi_actions a using ${newest} and a.closed < ${new Date(now.getTime() - KEPT_MS).toISOString()}`)
  tx.send(sql`update ddi_actions a set closed = ${now.toISOString()} from ${newest} and a.closed is null`)
}
