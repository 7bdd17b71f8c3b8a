import type { Actor } from '../../auth/actor.ts'
import { raiseVersion } from '../../auth/devices/raise-version.ts'
import type { Db, Transaction } from '../../db/db.ts'
import { lockTargets } from '../../db/locks/targets-lock.ts'
import { raw, sql } from '../../db/sql.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { TextSet } from '../../text-set.ts'
import type { ControlMap } from '../deployment.ts'
import { abort } from '../progress.ts'
import { announceDeployment, readNames } from './announce-rows.ts'
import { type DeploymentKey, keyOf } from './deployment-key.ts'
import { insertDeployment, nextCreated } from './deployment-rows.ts'
import { lockProgress, saveProgress } from './progress-rows.ts'
import { targetKey } from './target-key.ts'
import { insertTargets } from './target-rows.ts'

export type NewConfiguration = {
  id: string
  name: string
  device: { device_id: string; group_name: string | null }
  configuration: Readonly<Record<string, string>>
  retries: number
  update_control_map: ControlMap | null
  /** The deployment of the configuration before, which may not be finished. */
  replaces: string | null
  actor: Actor
  at: Date
}

/**
 * Deploys a configuration to its device, and aborts the one before. Only the version of the device is raised: whatever
 * number of devices is configured, polls of all others stay as cheap as they are. The caller holds the lock of the device. Locks the
 * progress row of what it replaces, then the tenant's row: the last lock to take.
 */
export async function createConfiguration(tx: Transaction, one: NewConfiguration): Promise<void> {
  const { id, name, device, configuration, retries, update_control_map, actor, at } = one
  const { tenant_id } = actor
  const now = at.toISOString()
  const key = { tenant_id, deployment_id: id }
  await raiseVersion(tx, { tenant_id, device_id: device.device_id })
  await lockTargets(tx, id)
  await insertTargets(tx, key, TextSet.of([device.device_id]))
  if (one.replaces !== null) await abortReplaced(tx, one, { tenant_id, deployment_id: one.replaces })
  const created = await nextCreated(tx, tenant_id, { now, audience: null, of_device: true })
  const by = { id: actor.user_id, email: actor.email }
  const artifact_name = artifactNameOf(id)
  insertDeployment(
    tx,
    {
      ...{ tenant_id, id, type: 'configuration', name, artifact_name, configuration, created },
      ...{
        dynamic: false,
        filter: null,
        audience: null,
        groups: device.group_name === null ? [] : [device.group_name],
      },
      ...{ max_devices: 1, initial_device_count: 1, retries, force_installation: false, update_control_map },
      ...{ autogenerate_delta: null, rollout: null, exclude: null, created_by: by, rollback_of: null },
      ...{ key: null, declared: null },
    },
    [],
  )
  const happening = { type: 'deployment-created', details: { by } } as const
  await announceDeployment(tx, { ...key, name, artifact_name, at: now }, [happening])
}

/** As Mender names them. */
const artifactNameOf = (deployment_id: string): string => `configuration-${deployment_id}`

async function abortReplaced(tx: Transaction, { id, actor, at }: NewConfiguration, key: DeploymentKey) {
  const locked = await lockProgress(tx, [key])
  const progress = locked.get(keyOf(key))
  if (!progress || progress.finished !== null) return
  abort(progress, at.toISOString())
  await saveProgress(tx, locked, [key], at.toISOString())
  const { name, artifact_name } = (await readNames(tx, [key])).get(keyOf(key)) ?? {}
  const object = eventObject('deployment', key.deployment_id, { name, artifact_name })
  await recordEvent(tx, actor, { at, action: 'abort', object, change: `Replaced by deployment ${id}` })
}

/**
 * A device that is removed leaves no configuration behind. The caller has ended its deployments: the locks of those that
 * were unfinished cover their rows, and nobody else changes finished ones.
 */
export async function forgetConfigurations(
  tx: Transaction,
  { tenant_id, device_id }: { tenant_id: string; device_id: string },
): Promise<void> {
  const named = await tx.query<{ id: string }>(sql`
    select deployment_id::text as id from deployment_targets
    where tenant_id = ${tenant_id} and device_id = ${device_id}
      and ${targetKey(raw('device_id'))} = ${targetKey(sql`${device_id}::text`)}`)
  if (named.length > 0) await removeConfigurations(tx, { tenant_id, ids: named.map(({ id }) => id) })
}

export const removeConfigurations = (db: Db, { tenant_id, ids }: { tenant_id: string; ids: readonly string[] }) =>
  db.query(sql`
    update deployments set configuration = null
    where tenant_id = ${tenant_id} and id = any(${ids}::text[]) and configuration is not null`)
