import { sql } from '../../db/sql.ts'
import type { Offer } from '../../deployments/poll/evaluate-poll.ts'
import { offerUpdate } from '../../deployments/poll/offer-update.ts'
import { type Env, nowText } from '../../env.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { writeScope } from '../../inventory/attributes/write-scope.ts'
import type { Controller } from '../access/controller.ts'
import { type Action, isCancelOver, stateOf } from '../action.ts'
import { typeAttributesOf } from '../config-data.ts'
import { readAction } from '../rows/action-rows.ts'
import { noteAsked } from '../rows/note-asked.ts'
import { unlessRemoved } from '../rows/unless-removed.ts'
import { numberAction } from './number-action.ts'

/** What a device is to do. */
export type DdiPoll = {
  action: { kind: 'deploy' | 'cancel'; action_id: number } | undefined
  /** Whether the device is to send its attributes. */
  config_data: boolean
  /** Whether the device has nothing to do as long as nothing changes. */
  is_idle: boolean
}

/**
 * What a device is to do now. One thing at a time: clients differ in what they do first. Takes into account everything
 * that any process acknowledged before the call.
 */
export async function pollDevice(env: Env, controller: Controller): Promise<DdiPoll> {
  const poll = await findWork(env, controller)
  if (poll.config_data) await unlessRemoved(noteAsked(env.db, controller.device, typeAttributesOf(controller.settings)))
  return poll
}

async function findWork(env: Env, controller: Controller): Promise<DdiPoll> {
  const { device, status, wants_config_data: config_data, open_action_id } = controller
  if (status !== 'accepted') return { action: undefined, config_data, is_idle: false }
  recordCheckIn(env, device)
  const open = open_action_id === null ? undefined : await readAction(env.db, { ...device, action_id: open_action_id })
  if (open && (await isCanceling(env, controller, open)))
    return { action: { kind: 'cancel', action_id: open.action_id }, config_data: false, is_idle: false }
  const device_type = deviceTypeOf(controller)
  // Without its type, no artifact would be for it, and the deployment would end for it.
  if (device_type === undefined) return { action: undefined, config_data, is_idle: false }
  if (device_type !== controller.device_type) await saveDefaultType(env, controller, device_type)
  const provides = { artifact_name: controller.artifact_name ?? '', device_type }
  const offer = await offerUpdate(env, device, { provides, polls_while_working: true })
  if (!offer) return { action: undefined, config_data, is_idle: !config_data }
  const action_id = open && isAbout(open, offer) ? open.action_id : await numberOf(env, controller, offer)
  const action = action_id === undefined ? undefined : ({ kind: 'deploy', action_id } as const)
  return { action, config_data, is_idle: false }
}

/** Whether the device is to be asked to cancel the action. */
async function isCanceling(env: Env, { settings }: Controller, action: Action): Promise<boolean> {
  if (stateOf(action) !== 'canceling' || isCancelOver(action, { now: env.now(), ...settings })) return false
  if (action.cancel_since === null) await beginCancel(env, action)
  return true
}

/** Whether the offer is the one that the device works on, as nearly always: its number is known. */
const isAbout = (action: Action, { deployment, artifact }: Offer): boolean =>
  stateOf(action) === 'active' && action.deployment_id === deployment.id && action.artifact_id === artifact.id

const numberOf = (env: Env, { device: { tenant_id, device_id } }: Controller, { deployment }: Offer) =>
  unlessRemoved(numberAction(env, { tenant_id, device_id, deployment_id: deployment.id }))

const beginCancel = (env: Env, { tenant_id, device_id, action_id }: Action) =>
  env.db.query(sql`
    update ddi_actions set cancel_since = ${nowText(env)}
    where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id} and cancel_since is null`)

/**
 * The type that a device reports, or the default, which may have changed since the device was given it. A device that is
 * still asked for its attributes may report another type in the same poll.
 */
function deviceTypeOf({ device_type, settings, wants_config_data, ...given }: Controller): string | undefined {
  const is_given = device_type === given.default_device_type
  if (device_type !== null && (!is_given || device_type === settings.default_device_type)) return device_type
  return wants_config_data ? undefined : (settings.default_device_type ?? device_type ?? undefined)
}

/** In the inventory, filters and previews see it. */
async function saveDefaultType(env: Env, { device: { tenant_id, device_id } }: Controller, device_type: string) {
  // First, so that a device type of the server is never taken for one of the device.
  await unlessRemoved(
    env.db.query(sql`
      update ddi_devices set default_device_type = ${device_type}
      where tenant_id = ${tenant_id} and device_id = ${device_id}`),
  )
  await writeScope(env, {
    ...{ tenant_id, device_id, scope: 'inventory', replace: false },
    attributes: [{ name: 'device_type', value: device_type }],
  })
}
