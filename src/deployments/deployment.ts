import { type Static, Type } from 'typebox'
import { toStoredId } from '../auth/stored-id.ts'
import { badRequest, invalidBody, invalidField } from '../errors.ts'
import { Term } from '../inventory/filter.ts'
import { NewPhase, Phase } from './phases.ts'
import { Statistics } from './statistics.ts'
import type { Target } from './target.ts'

const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

/** Where a device pauses during an update, as Mender's clients define it: the server only stores and delivers it. */
export type ControlMap = Record<string, unknown>

const LARGEST_INTEGER = 2_147_483_647

const common = {
  name: Type.String({ minLength: 1, maxLength: 256 }),
  artifact_name: Type.String({ minLength: 1, maxLength: 4096 }),
  phases: orNull(Type.Array(NewPhase, { maxItems: 101 })),
  retries: orNull(
    Type.Integer({
      minimum: 0,
      maximum: 1000,
      description: 'Further attempts that a device may make after a failure',
    }),
  ),
  force_installation: orNull(
    Type.Boolean({ description: 'Install the artifact even if the device has installed it already' }),
  ),
  update_control_map: orNull(Type.Record(Type.String(), Type.Unknown())),
  autogenerate_delta: orNull(Type.Boolean()),
}

/** Body of the v2 creation: for the devices that match a saved filter, now or later. */
export const NewDynamicDeployment = Type.Object({
  ...common,
  filter_id: Type.String({ minLength: 1, description: 'Id of a saved filter' }),
  max_devices: orNull(
    Type.Integer({
      minimum: 0,
      maximum: LARGEST_INTEGER,
      description: 'Device limit: the deployment finishes after this many devices; 0 or absent: no limit',
    }),
  ),
})
export type NewDynamicDeployment = Static<typeof NewDynamicDeployment>

/** Body of the v1 creation: for a list of devices, or for all accepted ones. */
export const NewStaticDeployment = Type.Object({
  ...common,
  devices: orNull(Type.Array(Type.String({ minLength: 1, maxLength: 256 }))),
  all_devices: orNull(Type.Boolean()),
})
export type NewStaticDeployment = Static<typeof NewStaticDeployment>

/** Body of the preview: the body of any creation. */
export const NewAnyDeployment = Type.Object({
  ...common,
  ...Type.Partial(Type.Pick(NewDynamicDeployment, ['filter_id', 'max_devices'])).properties,
  ...Type.Pick(NewStaticDeployment, ['devices', 'all_devices']).properties,
  group: orNull(Type.String({ minLength: 1, description: 'Name of a group, if there is no filter' })),
})
export type NewAnyDeployment = Static<typeof NewAnyDeployment>

/** The target of the body of any creation. */
export function anyTarget({ filter_id, group, ...body }: NewAnyDeployment): Target {
  if (filter_id !== undefined) return filterTarget({ ...body, filter_id })
  if (body.all_devices || (body.devices ?? []).length > 0) return staticTarget(body)
  if (group) return groupTarget(group, body)
  throw invalidField('filter_id', 'cannot be blank')
}

/** The target of a v1 body: a list, or all. The texts are those of Mender, typo included. */
export function staticTarget({ devices, all_devices }: NewStaticDeployment): Target {
  const listed = devices ?? []
  if (listed.length > 0 && all_devices)
    throw invalidBody('Invalid deployments definition: list of devices provided togheter with all_devices flag')
  if (all_devices) return { kind: 'all' }
  if (listed.length > 0) return { kind: 'devices', devices: listed.map(toStoredId) }
  throw invalidBody('Invalid deployments definition: provide list of devices or set all_devices flag')
}

/** The target of a v1 body for a group, which must have no other. The text is that of Mender. */
export function groupTarget(group: string, { devices, all_devices }: NewStaticDeployment): Target {
  if ((devices ?? []).length > 0 || all_devices)
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

export const Deployment = Type.Object({
  id: Type.String(),
  name: Type.String(),
  artifact_name: Type.String(),
  created: Type.String({ format: 'date-time' }),
  finished: Type.Optional(Type.String({ format: 'date-time' })),
  history_removed: Type.Optional(
    Type.Literal(true, { description: 'The deployment finished so long ago that its devices are no longer listed' }),
  ),
  aborted: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When the deployment was aborted, and so finished; absent: it was not',
    }),
  ),
  status: Type.Union(['scheduled', 'pending', 'inprogress', 'finished'].map((status) => Type.Literal(status))),
  device_count: Type.Integer({ description: 'Devices that have been assigned' }),
  max_devices: Type.Optional(Type.Integer()),
  initial_device_count: Type.Integer({ description: 'Target devices at creation' }),
  dynamic: Type.Boolean(),
  retries: Type.Integer(),
  force_installation: Type.Boolean(),
  filter: Type.Optional(Type.Object({ id: Type.String(), name: Type.String(), terms: Type.Array(Term) })),
  phases: Type.Optional(Type.Array(Phase)),
  artifacts: Type.Array(Type.String()),
  groups: Type.Array(Type.String()),
  type: Type.String(),
  update_control_map: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  autogenerate_delta: Type.Optional(Type.Boolean()),
  statistics: Type.Object({ status: Statistics, total_size: Type.Integer() }),
})
export type Deployment = Static<typeof Deployment>
