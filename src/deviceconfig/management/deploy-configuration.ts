import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import { planHas } from '../../auth/plan.ts'
import { namingIn } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import { createConfiguration } from '../../deployments/rows/configuration-rows.ts'
import type { Env } from '../../env.ts'
import { featureNotInPlan } from '../../errors.ts'
import { recordEvent } from '../../events/record-event.ts'
import { findDevice } from '../../inventory/devices/find-device.ts'
import { cut } from '../../text.ts'
import { deviceName } from '../../texts/device-names.ts'
import { configurationText, type NewConfigurationDeployment } from '../configuration.ts'
import { lockConfigurable, readConfiguration } from '../rows/configuration-rows.ts'

type Request = NewConfigurationDeployment & { device_id: string }

const MAX_NAME_LENGTH = 256

/**
 * Deploys to a device what it is to be configured with now. A deployment of its configuration that is not finished is
 * aborted: the device would only get what is outdated.
 */
export async function deployConfiguration(
  env: Env,
  actor: Actor,
  request: Request,
): Promise<{ deployment_id: string }> {
  requirePlan(actor, request)
  const { device_id, retries, update_control_map } = request
  const { tenant_id } = actor
  const name = cut(`Configuration of ${await findName(env, actor, device_id)}`, MAX_NAME_LENGTH)
  const id = randomUUID()
  const at = env.now()
  await env.db.transaction(async (tx) => {
    // Locks: the device, then those of `createConfiguration` (CONTRIBUTING.md, "Locks").
    await lockDevices(tx, [{ tenant_id, device_id }])
    const device = await lockConfigurable(tx, actor, device_id)
    const { configured: configuration, deployment_id: replaces } = await readConfiguration(tx, { tenant_id, device_id })
    await tx.query(sql`
      insert into device_configurations as c (tenant_id, device_id, deployment_id)
      values (${tenant_id}, ${device_id}, ${id})
      on conflict (tenant_id, device_id) do update set deployment_id = excluded.deployment_id`)
    await createConfiguration(tx, {
      // What is aborted is not what the request creates.
      ...{ id, name, configuration, replaces, actor: { ...actor, creation: undefined }, at },
      ...{ device: { device_id, group_name: device.group_name } },
      ...{ retries: retries ?? 0, update_control_map: update_control_map ?? null },
    })
    const object = deviceObject({ device_id, ...device })
    const change = configurationText(configuration)
    await recordEvent(tx, actor, { at, action: 'deploy_configuration', object, change, ids: [id], created_id: id })
  })
  return { deployment_id: id }
}

function requirePlan({ plan }: Actor, { retries, update_control_map }: Request) {
  if (retries && !planHas(plan, 'retries')) throw featureNotInPlan()
  if (update_control_map && !planHas(plan, 'update_control_map')) throw featureNotInPlan()
}

async function findName(env: Env, actor: Actor, device_id: string): Promise<string> {
  const { device } = await findDevice(env, actor, device_id)
  return deviceName(device, namingIn((await findSettings(env, actor, 'tenant')).settings))
}
