import { type Static, Type } from 'typebox'
import { invalidField } from '../../errors.ts'
import { SavedFilter } from '../../inventory/saved-filter.ts'
import { FailurePolicy, NewFailurePolicy, readFailurePolicy } from './failure-policy.ts'
import { NewGate } from './gate.ts'
import { DEVICES, MINUTES, orNull, PERCENT, readWhole, whole } from './members.ts'
import { NewSchedule, readSchedule, Schedule } from './schedule.ts'

const ORDERS = ['first_come', 'random'] as const
/** IDs that one exclusion or one phase may name. */
const MAX_NAMED = 1000

export const DeviceIds = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: MAX_NAMED })

const NewExclusion = Type.Object(
  {
    filter_id: orNull('ID of a saved filter: devices that match it, now or later', Type.String({ minLength: 1 })),
    device_ids: orNull('IDs of devices', DeviceIds),
  },
  { title: 'NewExclusion', description: 'Devices that the deployment is not for, although they are targets' },
)

/** The members of a request that say how a rollout proceeds. All are optional. */
export const NewRollout = Type.Object({
  recipe: orNull(
    'Name of a recipe of the tenant: the members that the request leaves out are taken from it',
    Type.String({ minLength: 1, maxLength: 64 }),
  ),
  gate: orNull('The gate of every phase but the last that has none of its own', NewGate),
  failure_policy: orNull('Which failures stop the deployment', NewFailurePolicy),
  confirm_within_minutes: whole(
    'A success counts once the device polls again running the release; after this many minutes it counts as failed',
  ),
  max_in_flight: whole('Number of devices that may work on the deployment at the same time'),
  max_in_flight_percent: whole(
    'The same as a percentage of the devices at creation, rounded down, at least one device',
  ),
  offers_per_minute: whole('Number of offers within any 60 seconds'),
  order: orNull(
    'Which devices come first: `first_come` (default): those that ask first; `random`: by a random rank of each device',
    Type.Enum([...ORDERS]),
  ),
  no_downgrade: orNull(
    'Whether devices that have a newer version than the release end as `noartifact`, with the versions as their `substate`',
    Type.Boolean(),
  ),
  exclude: orNull('Devices that the deployment is not for', NewExclusion),
  ignore_quiet_hours: orNull(
    'Urgent: devices are offered the update in the quiet hours of the tenant, too',
    Type.Boolean(),
  ),
  ...NewSchedule.properties,
})
export type NewRollout = Static<typeof NewRollout>

export const Exclusion = Type.Object(
  {
    device_ids: Type.Array(Type.String(), { description: 'IDs of the devices' }),
    filter: Type.Optional(SavedFilter),
    pinned: Type.Optional(
      Type.Integer({ description: 'Number of devices that are left out because they were pinned at creation' }),
    ),
  },
  { title: 'Exclusion', description: 'Devices that the deployment is not for' },
)
/** As stored. `device_ids` includes those that were pinned at creation, up to a number: `pinned_ids`. */
export type Exclusion = Omit<Static<typeof Exclusion>, 'pinned'> & { pinned_ids?: string[] }

/** As the API returns it: the devices that the request excluded, and how many were pinned. */
export function exclusionForPeople(stored: Exclusion): Static<typeof Exclusion> {
  const { pinned_ids, device_ids, filter } = stored
  const pinned = new Set(pinned_ids)
  return {
    device_ids: device_ids.filter((id) => !pinned.has(id)),
    ...(filter ? { filter } : {}),
    ...(pinned_ids ? { pinned: pinned_ids.length } : {}),
  }
}

/** The same members as the API returns them, and as they are stored: those that were not given are absent. */
export const Rollout = Type.Object({
  recipe: Type.Optional(Type.String({ description: 'Name of the recipe that it was created with' })),
  failure_policy: Type.Optional(FailurePolicy),
  confirm_within_minutes: Type.Optional(
    Type.Integer({ description: 'Minutes within which a device must poll running the release after its success' }),
  ),
  max_in_flight: Type.Optional(
    Type.Integer({ description: 'Number of devices that may work on the deployment at the same time' }),
  ),
  max_in_flight_percent: Type.Optional(
    Type.Integer({ description: 'The same as a percentage of the devices at creation' }),
  ),
  offers_per_minute: Type.Optional(Type.Integer({ description: 'Number of offers within any 60 seconds' })),
  order: Type.Optional(
    Type.Unsafe<(typeof ORDERS)[number]>({
      ...{ type: 'string', enum: ORDERS },
      description: 'Which devices come first; absent: those that ask first',
    }),
  ),
  ignore_quiet_hours: Type.Optional(
    Type.Boolean({ description: 'Whether devices are offered the update in the quiet hours of the tenant, too' }),
  ),
  no_downgrade: Type.Optional(
    Type.Boolean({ description: 'Devices that have a newer version than the release are not updated' }),
  ),
  ...Schedule.properties,
})
export type Rollout = Static<typeof Rollout>

/**
 * What decides offers, as stored with the deployment. Null of a deployment: it uses none of this. `in_flight_limit` is
 * the lower of the two limits, in devices.
 */
export type RolloutRules = Omit<Rollout, 'recipe'> & { recipe?: string; in_flight_limit?: number; has_gates: boolean }

/** Reads everything of a request but phases and exclusion. `devices`: number of target devices at creation. */
export function readRollout(given: NewRollout): Rollout {
  const { recipe, failure_policy, order, no_downgrade } = given
  const numbers = {
    confirm_within_minutes: readWhole('confirm_within_minutes', given.confirm_within_minutes, MINUTES),
    max_in_flight: readWhole('max_in_flight', given.max_in_flight, DEVICES),
    max_in_flight_percent: readWhole('max_in_flight_percent', given.max_in_flight_percent, PERCENT),
    offers_per_minute: readWhole('offers_per_minute', given.offers_per_minute, DEVICES),
  }
  return {
    ...(recipe ? { recipe } : {}),
    ...(failure_policy ? { failure_policy: readFailurePolicy(failure_policy) } : {}),
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== null)),
    ...(order ? { order } : {}),
    ...(no_downgrade ? { no_downgrade } : {}),
    ...(given.ignore_quiet_hours ? { ignore_quiet_hours: true } : {}),
    ...readSchedule(given),
  }
}

/** The rules of a deployment to this many devices; null if it uses none. */
export function rulesOf(rollout: Rollout, { devices, has_gates }: { devices: number; has_gates: boolean }) {
  if (!has_gates && Object.keys(rollout).length === 0) return null
  const { max_in_flight, max_in_flight_percent } = rollout
  const share = max_in_flight_percent && Math.max(1, Math.floor((devices * max_in_flight_percent) / 100))
  const limits = [max_in_flight, share].filter((limit) => limit !== undefined)
  const rules: RolloutRules = {
    ...rollout,
    ...(limits.length > 0 ? { in_flight_limit: Math.min(...limits) } : {}),
    has_gates,
  }
  return rules
}

/** The exclusion of a request, which must name something. */
export function readExclusion({ filter_id, device_ids }: Static<typeof NewExclusion>) {
  if (!filter_id && (device_ids ?? []).length === 0) throw invalidField('exclude', 'must have filter_id or device_ids')
  return { filter_id: filter_id ?? undefined, device_ids: device_ids ?? [] }
}

/** The time that a device has, in minutes; absent: any. */
export type TimeLimits = { timeout_minutes?: number | undefined; confirm_within_minutes?: number | undefined }

export const timeLimitsOf = (rules: RolloutRules | null): TimeLimits => ({
  timeout_minutes: rules?.failure_policy?.timeout_minutes,
  confirm_within_minutes: rules?.confirm_within_minutes,
})

/** The rules as the API returns them: as they were asked for. */
export function rulesForPeople(rules: RolloutRules | null): Rollout {
  if (!rules) return {}
  const { in_flight_limit, has_gates, ...rollout } = rules
  return rollout
}
