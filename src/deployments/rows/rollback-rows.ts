import { randomUUID } from 'node:crypto'
import type { Db, Transaction } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import type { RolloutRules } from '../rollout/rules.ts'
import { announceDeployment } from './announce-rows.ts'
import type { DeploymentKey } from './deployment-key.ts'
import { insertDeployment, nextCreated } from './deployment-rows.ts'
import { isTouched } from './listing-rows.ts'

type Rollback = { of: DeploymentKey; artifact_name: string; keep_limits: boolean; actor: EventActor; at: Date }

/**
 * Deploys a release to the devices that have had an offer of an aborted deployment. They are found by their rows in it,
 * so the rollback needs no row for each. Returns its id; undefined if there is no such device. The caller holds the
 * lock of the aborted deployment, which no device joins any more. Locks the tenant's row: the last lock to take.
 */
export async function createRollback(
  tx: Transaction,
  { of, artifact_name, keep_limits, actor, at }: Rollback,
): Promise<string | undefined> {
  const { tenant_id, deployment_id } = of
  const source = await readSource(tx, of)
  const created = await nextCreated(tx, tenant_id, { now: at.toISOString(), audience: 'touched' })
  // Under the lock of the tenant: a device that is removed at the same time is not counted, or ends in the rollback.
  const devices = await countTouched(tx, of)
  if (!source || devices === 0) return undefined
  const id = randomUUID()
  const by = { id: actor.user_id, ...(actor.email ? { email: actor.email } : {}) }
  // PostgreSQL refuses one half of a character.
  const name = `Rollback of ${source.name}`.slice(0, 256).replace(/[\uD800-\uDBFF]$/, '')
  insertDeployment(
    tx,
    {
      ...{ tenant_id, id, type: 'software', name, artifact_name, configuration: null, created },
      ...{ dynamic: false, filter: null, audience: 'touched' },
      ...{ groups: source.groups, max_devices: devices, initial_device_count: devices, retries: source.retries },
      ...{ force_installation: false, update_control_map: null, autogenerate_delta: null },
      ...{ rollout: keep_limits ? inherited(source.rollout) : null, exclude: null, rollback_of: deployment_id },
      ...{ key: null, declared: null },
      created_by: by,
    },
    [],
  )
  tx.send(sql`
    update deployment_progress set rolled_back_by = ${id}, changed_xid = pg_current_xact_id()
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
  const common = { tenant_id, at: at.toISOString() }
  await announceDeployment(tx, { ...common, deployment_id, name: source.name, artifact_name: source.artifact_name }, [
    { type: 'deployment-rolled-back', details: { by, rolled_back_by: id } },
  ])
  await announceDeployment(tx, { ...common, deployment_id: id, name, artifact_name }, [
    { type: 'deployment-created', details: { by, rollback_of: deployment_id } },
  ])
  const object = eventObject('deployment', id, { name, artifact_name })
  await recordEvent(tx, actor, { at, action: 'create', object, change: `Rolls back deployment ${deployment_id}` })
  return id
}

/** The limits and the schedule of the original. */
function inherited(rules: RolloutRules | null): RolloutRules | null {
  if (!rules) return null
  const { max_in_flight, max_in_flight_percent, in_flight_limit, offers_per_minute } = rules
  const { windows, time_zone, blackouts, ignore_quiet_hours } = rules
  const kept = {
    ...{ max_in_flight, max_in_flight_percent, in_flight_limit, offers_per_minute, windows, time_zone, blackouts },
    ignore_quiet_hours,
  }
  const given = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
  return Object.keys(given).length === 0 ? null : { ...given, has_gates: false }
}

type Source = { name: string; artifact_name: string; groups: string[]; retries: number; rollout: RolloutRules | null }

const readSource = (tx: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  tx.first<Source>(sql`
    select name, artifact_name, groups, retries, rollout from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)

/** Of the devices that still exist. One that is removed later ends in the rollback as decommissioned. */
async function countTouched(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<number> {
  const row = await tx.first<{ count: number }>(sql`
    select count(distinct t.device_id) as count from device_deployments t
      join devices d on d.tenant_id = t.tenant_id and d.id = t.device_id
    where t.tenant_id = ${tenant_id} and t.deployment_id = ${deployment_id} and ${isTouched('t')}`)
  return row?.count ?? 0
}
