import type { NewRollout } from '../../deployments/rollout/rules.ts'
import { type Options, optional, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { readMinutes } from '../duration.ts'
import { asUsage } from '../remote/command.ts'
import { listed } from '../similar.ts'
import { readGate } from './gate-text.ts'
import { readBlackout, readWindow } from './schedule-text.ts'
import { idsIn } from './target.ts'

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const texts = { type: 'string', multiple: true } as const

export const ROLLOUT_OPTIONS = {
  ...{ recipe: text, gate: text },
  ...{ 'max-failures': text, 'max-failure-percent': text, 'min-ended': text, 'failure-scope': text },
  ...{ 'device-timeout': text, 'on-failure': text, 'rollback-artifact': text, 'confirm-within': text },
  ...{ 'max-in-flight': texts, 'offers-per-minute': text, order: text, 'no-downgrade': flag },
  ...{ 'exclude-filter': text, 'exclude-devices': texts },
  ...{ window: texts, blackout: texts, 'time-zone': text, 'time-zone-attribute': text },
  'ignore-quiet-hours': { type: 'boolean' },
} satisfies Options

export const ROLLOUT_HELP = `\
  --recipe NAME         take what the other options leave out from this recipe
  --gate GATE           gate of each phase but the last, unless the phase has its own

Which failures stop it:
  --max-failures N            stop once N devices have failed
  --max-failure-percent N     stop once N percent of the devices that have ended have failed
  --min-ended N               with --max-failure-percent: not before N devices have ended (1)
  --failure-scope SCOPE       count the devices of each phase (phase, the default) or all (deployment)
  --device-timeout DURATION   a device that has not ended after this time counts as failed
  --on-failure ACTION         pause (default), abort, or rollback: abort, and deploy --rollback-artifact
  --rollback-artifact RELEASE release for the devices that have had an offer; implies --on-failure rollback
  --confirm-within DURATION   a success counts once the device polls again running the release; without that, after
                              this time, it counts as failed

How fast, in which order, when, and for whom not:
  --max-in-flight N|N%        at most N devices, or N percent, work on the update at the same time; may be given as both
  --offers-per-minute N       at most N offers within any 60 seconds
  --order ORDER               first_come (default): who asks first; random: by a random rank of each device
  --no-downgrade              not for devices that have a newer version than the release
  --exclude-filter FILTER     not for devices that match a saved filter (name or ID), now or later
  --exclude-devices ID,...    not for these devices; may be given several times
  --window WINDOW             offer the update only then; may be given several times
  --blackout DAYS             offer it to no device on these days; may be given several times
  --time-zone ZONE            time zone of windows and blackouts, such as Europe/Berlin (UTC)
  --time-zone-attribute SCOPE/NAME
                              attribute with the time zone of the device; --time-zone is for devices without it
  --ignore-quiet-hours        urgent: offer the update in quiet hours, too ("muster download-limits")`

/** `exclude.filter`: name or ID of a saved filter. */
export type GivenRollout = Omit<NewRollout, 'exclude'> & { exclude?: { filter?: string; device_ids?: string[] } }

/** The members of a request that say how the rollout proceeds; those that no option gives are absent. */
export function readRollout(values: Values): GivenRollout {
  const recipe = optional(values, 'recipe')
  const gate = optional(values, 'gate')
  const failure_policy = readPolicy(values)
  const order = oneOf(values, 'order', ['first_come', 'random'])
  return {
    ...defined({ recipe, failure_policy, order }),
    ...(values['no-downgrade'] === true ? { no_downgrade: true } : {}),
    ...(gate === undefined ? {} : { gate: asUsage(() => readGate(gate)) }),
    ...defined({ confirm_within_minutes: minutesOf(values, 'confirm-within') }),
    ...readInFlight(several(values, 'max-in-flight')),
    ...defined({ offers_per_minute: wholeNumber(values, 'offers-per-minute', 1) }),
    ...readExclusion(values),
    ...readSchedule(values),
    ...(values['ignore-quiet-hours'] ? { ignore_quiet_hours: true } : {}),
  }
}

function readPolicy(values: Values): GivenRollout['failure_policy'] {
  const rollback_artifact_name = optional(values, 'rollback-artifact')
  const limits = {
    max_failures: wholeNumber(values, 'max-failures', 1),
    max_failure_percent: wholeNumber(values, 'max-failure-percent', 1),
    timeout_minutes: minutesOf(values, 'device-timeout'),
  }
  const others = {
    min_ended: wholeNumber(values, 'min-ended', 1),
    scope: oneOf(values, 'failure-scope', ['phase', 'deployment']),
    action: oneOf(values, 'on-failure', ['pause', 'abort', 'rollback']) ?? (rollback_artifact_name && 'rollback'),
    rollback_artifact_name,
  }
  const policy = defined({ ...limits, ...others })
  if (Object.keys(policy).length === 0) return undefined
  if (Object.keys(defined(limits)).length > 0) return policy as GivenRollout['failure_policy']
  const given = ['min-ended', 'failure-scope', 'on-failure', 'rollback-artifact'].find((name) => name in values)
  throw new UsageError(`--${given} requires --max-failures, --max-failure-percent or --device-timeout`)
}

function readInFlight(given: string[]): GivenRollout {
  const members: GivenRollout = {}
  for (const text of given) {
    const [, count, percent] = /^(\d{1,9})\s*(%?)$/.exec(text.trim()) ?? []
    const name = percent ? 'max_in_flight_percent' : 'max_in_flight'
    if (!Number(count)) throw new UsageError('--max-in-flight must be a number of devices, or a percentage such as 10%')
    if (name in members) throw new UsageError('Give --max-in-flight once as a number of devices and once in percent')
    members[name] = Number(count)
  }
  return members
}

function readExclusion(values: Values): GivenRollout {
  const filter = optional(values, 'exclude-filter')
  const device_ids = idsIn(several(values, 'exclude-devices'))
  const exclude = { ...(filter === undefined ? {} : { filter }), ...(device_ids.length > 0 ? { device_ids } : {}) }
  return Object.keys(exclude).length > 0 ? { exclude } : {}
}

function readSchedule(values: Values): GivenRollout {
  const windows = several(values, 'window').map((text) => asUsage(() => readWindow(text)))
  const blackouts = several(values, 'blackout').map((text) => asUsage(() => readBlackout(text)))
  const zone = optional(values, 'time-zone')
  const attribute = optional(values, 'time-zone-attribute')
  if ((zone ?? attribute) !== undefined && windows.length + blackouts.length === 0 && values.recipe === undefined)
    throw new UsageError(`--time-zone${zone === undefined ? '-attribute' : ''} requires --window or --blackout`)
  return {
    ...(windows.length > 0 ? { windows } : {}),
    ...(blackouts.length > 0 ? { blackouts } : {}),
    ...defined({ time_zone: attribute === undefined ? zone : readZoneAttribute(attribute, zone ?? 'UTC') }),
  }
}

export function readZoneAttribute(text: string, fallback: string) {
  const [, scope, attribute] = /^([^/\s]+)\/(.+)$/.exec(text) ?? []
  if (scope === undefined || attribute === undefined)
    throw new UsageError('--time-zone-attribute must be the scope and name of an attribute, as in inventory/timezone')
  return { attribute, scope, fallback }
}

function minutesOf(values: Values, name: string): number | undefined {
  const text = optional(values, name)
  if (text === undefined) return undefined
  const minutes = readMinutes(text)
  if (minutes === undefined) throw new UsageError(`--${name} must be whole minutes, such as 30m, 2h or 1d`)
  return minutes
}

function oneOf<const Word extends string>(values: Values, name: string, words: readonly Word[]): Word | undefined {
  const text = optional(values, name)
  const found = words.find((word) => word === text)
  if (text !== undefined && found === undefined) throw new UsageError(`--${name} must be ${listed(words)}`)
  return found
}

/** Without the members that are undefined. */
const defined = <Members extends object>(members: Members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Members]?: NonNullable<Members[Name]>
  }
