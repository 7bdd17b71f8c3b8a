import { type Static, Type } from 'typebox'
import { toStoredId } from '../auth/stored-id.ts'
import { badRequest, invalidBody, invalidField } from '../errors.ts'
import { SavedFilter } from '../inventory/saved-filter.ts'
import { TextSet } from '../text-set.ts'
import { DeploymentType, SHOWN_LENGTH } from './deployment-type.ts'
import { NewPhase, Phase } from './phases.ts'
import { By, RolloutState } from './rollout/answers.ts'
import { orNull } from './rollout/members.ts'
import { Exclusion, NewRollout, Rollout } from './rollout/rules.ts'
import { Statistics } from './statistics.ts'
import type { Target } from './target.ts'

/** Where a device pauses during an update, as Mender's clients define it: the server only stores and delivers it. */
export type ControlMap = Record<string, unknown>

const LARGEST_INTEGER = 2_147_483_647

/** 1 to 128 characters, without control characters and without spaces at its ends. */
export const KEY = '^(?! )[^\\u0000-\\u001f\\u007f]{1,128}(?<! )$'

const common = {
  name: Type.String({ minLength: 1, maxLength: 256, description: 'Name of the deployment; need not be unique' }),
  artifact_name: Type.String({ minLength: 1, maxLength: 4096, description: 'Name of the release' }),
  key: orNull(
    'Text that no other deployment of the tenant has, so that the same deployment is not created twice however long ' +
      'ago it was: 409 says which deployment has the key',
    Type.String({ pattern: KEY }),
  ),
  phases: orNull(
    'Phases, in their order; none: one phase that starts at once',
    Type.Array(NewPhase, { maxItems: 101 }),
  ),
  retries: orNull(
    'Number of further attempts of a device after a failure; by default 0',
    Type.Integer({ minimum: 0, maximum: 1000 }),
  ),
  force_installation: orNull('Whether to install also on devices that have the artifact already', Type.Boolean()),
  update_control_map: orNull(
    'Where devices pause or stop the update, as Mender defines it',
    Type.Record(Type.String(), Type.Unknown()),
  ),
  autogenerate_delta: orNull('Stored and returned only: Muster does not generate deltas', Type.Boolean()),
  ...NewRollout.properties,
}

/** Body of the v2 create: to the devices that match a saved filter, now or later. */
export const NewDynamicDeployment = Type.Object(
  {
    ...common,
    filter_id: Type.String({ minLength: 1, description: 'ID of a saved filter' }),
    max_devices: orNull(
      'Number of devices after which the deployment finishes; 0 or absent: no limit',
      Type.Integer({ minimum: 0, maximum: LARGEST_INTEGER }),
    ),
  },
  { title: 'NewDeployment', description: 'A deployment to the devices that match a saved filter' },
)
export type NewDynamicDeployment = Static<typeof NewDynamicDeployment>

const OUTCOMES = ['failed', 'not_reached'] as const

const DevicesOf = Type.Object(
  {
    deployment_id: Type.String({ minLength: 1, description: 'ID of the other deployment' }),
    outcome: Type.Enum([...OUTCOMES], {
      description:
        '`failed`: devices that failed in it, in whatever way; `not_reached`: target devices without an offer',
    }),
  },
  { title: 'DevicesOf', description: 'Devices of another deployment, by how it ended for them' },
)

/** Body of the v1 create: to a list of devices, or to all accepted ones. */
export const NewStaticDeployment = Type.Object(
  {
    ...common,
    devices: orNull('IDs of the devices', Type.Array(Type.String({ minLength: 1, maxLength: 256 }))),
    all_devices: orNull('Whether to deploy to all accepted devices instead', Type.Boolean()),
    devices_of: orNull('Devices of another deployment instead', DevicesOf),
  },
  { title: 'NewStaticDeployment', description: 'A deployment to listed devices, to all, or to a group' },
)
export type NewStaticDeployment = Static<typeof NewStaticDeployment>

/** Body of the preview: that of any create. */
export const NewAnyDeployment = Type.Object(
  {
    ...common,
    ...Type.Partial(Type.Pick(NewDynamicDeployment, ['filter_id', 'max_devices'])).properties,
    ...Type.Pick(NewStaticDeployment, ['devices', 'all_devices', 'devices_of']).properties,
    group: orNull('Name of a group, for a deployment to its devices', Type.String({ minLength: 1 })),
  },
  { title: 'NewAnyDeployment', description: 'A deployment of any kind' },
)
export type NewAnyDeployment = Static<typeof NewAnyDeployment>

/** The target of the body of any creation. `list`: its devices, if they were taken out of it. */
export function anyTarget({ filter_id, group, ...body }: NewAnyDeployment, list?: TextSet): Target {
  if (filter_id !== undefined) return filterTarget({ ...body, filter_id })
  if (body.devices_of || body.all_devices || list || (body.devices ?? []).length > 0) return staticTarget(body, list)
  if (group) return groupTarget(group, body)
  throw invalidField('filter_id', 'cannot be blank')
}

/** The target of a v1 body: a list, or all. The texts are those of Mender, typo included. */
export function staticTarget({ devices, all_devices, devices_of }: NewStaticDeployment, list?: TextSet): Target {
  const listed = list ?? TextSet.of((devices ?? []).map(toStoredId))
  if (devices_of) {
    if (listed.size > 0 || all_devices)
      throw invalidField('devices_of', 'cannot be used together with devices or all_devices')
    return { kind: 'devices_of', ...devices_of, deployment_id: toStoredId(devices_of.deployment_id) }
  }
  if (listed.size > 0 && all_devices)
    throw invalidBody('Invalid deployments definition: list of devices provided togheter with all_devices flag')
  if (all_devices) return { kind: 'all' }
  if (listed.size > 0) return { kind: 'devices', devices: listed }
  throw invalidBody('Invalid deployments definition: provide list of devices or set all_devices flag')
}

/** The target of a v1 body for a group, which must have no other. The text is that of Mender. */
export function groupTarget(group: string, { devices, all_devices, devices_of }: NewStaticDeployment): Target {
  if ((devices ?? []).length > 0 || all_devices || devices_of)
    throw badRequest(
      'The deployment for group constructor should have neither list of devices nor all_devices flag set',
    )
  return { kind: 'group', group }
}

export const filterTarget = ({ filter_id, max_devices }: NewDynamicDeployment): Target => ({
  kind: 'filter',
  filter_id: toStoredId(filter_id),
  max_devices: max_devices || null,
})

export const Deployment = Type.Object(
  {
    id: Type.String({ description: 'ID of the deployment' }),
    name: Type.String({ description: 'Name of the deployment' }),
    artifact_name: Type.String({ description: 'Name of the release' }),
    key: Type.Optional(Type.String({ description: 'The key with which it was created; absent: none' })),
    created: Type.String({ format: 'date-time', description: 'Time of creation' }),
    finished: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time at which it finished; absent: it has not' }),
    ),
    history_removed: Type.Optional(
      Type.Literal(true, { description: 'It finished so long ago that its devices are no longer stored one by one' }),
    ),
    aborted: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time at which it was aborted, and finished by that; absent: it was not',
      }),
    ),
    status: Type.Union(
      ['scheduled', 'pending', 'inprogress', 'finished'].map((status) => Type.Literal(status)),
      {
        title: 'DeploymentStatus',
        description:
          '`scheduled`: its first phase is not open yet; `pending`: no device has started; `inprogress`: devices have started; `finished`: all have ended, or it was aborted',
      },
    ),
    device_count: Type.Integer({ description: 'Number of devices that are assigned to it' }),
    max_devices: Type.Optional(
      Type.Integer({ description: 'Number of devices after which it finishes; absent: no limit' }),
    ),
    initial_device_count: Type.Integer({ description: 'Number of target devices at creation' }),
    dynamic: Type.Boolean({ description: 'Whether devices that match the filter later are included' }),
    retries: Type.Integer({ description: 'Number of further attempts of a device after a failure' }),
    force_installation: Type.Boolean({
      description: 'Whether it installs also on devices that have the artifact already',
    }),
    filter: Type.Optional(SavedFilter),
    phases: Type.Optional(Type.Array(Phase, { description: 'The phases, in their order' })),
    artifacts: Type.Array(Type.String(), { description: 'IDs of the artifacts that devices were offered' }),
    groups: Type.Array(Type.String(), { description: 'Names of the groups that it is for' }),
    type: DeploymentType,
    configuration: Type.Optional(
      Type.String({
        description: `With \`configuration\`: what it deploys, as JSON in Base64; longer values are cut to ${SHOWN_LENGTH} characters`,
      }),
    ),
    update_control_map: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Where devices pause or stop the update, as Mender defines it',
      }),
    ),
    autogenerate_delta: Type.Optional(Type.Boolean({ description: 'As at creation; Muster does not generate deltas' })),
    ...Rollout.properties,
    exclude: Type.Optional(Exclusion),
    created_by: Type.Optional(By),
    rollback_of: Type.Optional(
      Type.String({ description: 'ID of the deployment whose devices this one rolls back; absent: it is no rollback' }),
    ),
    rolled_back_by: Type.Optional(Type.String({ description: 'ID of the deployment that rolls this one back' })),
    rollout: RolloutState,
    statistics: Type.Object(
      {
        status: Statistics,
        total_size: Type.Integer({ description: 'Size of the artifacts of all devices, in bytes' }),
      },
      { title: 'DeploymentStatistics', description: 'The devices of a deployment' },
    ),
  },
  { title: 'Deployment', description: 'A release for some devices, and how far they are' },
)
export type Deployment = Static<typeof Deployment>
