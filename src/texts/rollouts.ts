import { type LimitRules, limitSentences } from './download-limits.ts'
import { type GateRule, gateText, listed, type Maybe, minutesText } from './gates.ts'
import { counted, whole } from './numbers.ts'
import { scheduleText } from './schedules.ts'
import type { StatusStyle } from './statuses.ts'
import { absolute } from './times.ts'

/** A failure policy, in a request or as the API returns it. */
type PolicyRule = {
  max_failures?: Maybe<number>
  max_failure_percent?: Maybe<number>
  min_ended?: Maybe<number>
  scope?: Maybe<string>
  timeout_minutes?: Maybe<number>
  action?: Maybe<string>
  rollback_artifact_name?: Maybe<string>
}

type WindowRule = { days?: Maybe<readonly string[]>; from: string; to: string }
type ZoneRule = string | { attribute: string; scope: string; fallback: string }
type PhaseRule = { start_ts?: Maybe<string>; gate?: Maybe<GateRule> }

/** The members of a deployment, or of its preview, that say how the rollout proceeds. */
export type Rules = {
  failure_policy?: Maybe<PolicyRule>
  confirm_within_minutes?: Maybe<number>
  max_in_flight?: Maybe<number>
  max_in_flight_percent?: Maybe<number>
  offers_per_minute?: Maybe<number>
  order?: Maybe<string>
  no_downgrade?: Maybe<boolean>
  exclude?: Maybe<{ device_ids?: Maybe<readonly string[]>; filter?: { name: string }; pinned?: number }>
  windows?: Maybe<readonly WindowRule[]>
  time_zone?: Maybe<ZoneRule>
  blackouts?: Maybe<readonly { from: string; to: string }[]>
  ignore_quiet_hours?: Maybe<boolean>
  /** Those of the tenant, in a preview. */
  download_limits?: Maybe<LimitRules>
  phases?: Maybe<readonly PhaseRule[]>
}

/** Every rule of a rollout as a sentence with its consequence. `timeZone`: of the times, by default of the machine. */
export const ruleSentences = (rules: Rules, timeZone?: string): string[] =>
  [
    ...gateSentences(rules.phases ?? [], timeZone),
    ...policySentences(rules),
    confirmText(rules.confirm_within_minutes),
    inFlightText(rules),
    rules.offers_per_minute && `At most ${counted(rules.offers_per_minute, 'device')} per minute get the offer.`,
    rules.order === 'random' &&
      'The devices that come first are chosen at random for each deployment, not by who asks first.',
    rules.no_downgrade && 'Devices that have a newer version than the release are not updated.',
    exclusionText(rules.exclude),
    ...scheduleSentences(rules),
    rules.ignore_quiet_hours && 'Urgent: devices are offered the update in quiet hours, too.',
    ...limitSentences(rules.download_limits ?? {}, { is_urgent: rules.ignore_quiet_hours === true }),
  ].filter((text) => typeof text === 'string')

/** `Phase 2 opens on 10 Jan 2027, 08:00 UTC at the earliest, once 95 % of the devices of phase 1 have succeeded.` */
function gateSentences(phases: readonly PhaseRule[], timeZone: string | undefined): string[] {
  return phases.slice(1).flatMap(({ start_ts }, i) => {
    const gate = phases[i]?.gate
    const text = gate && gateText(gate, `phase ${i + 1}`)
    if (!text) return []
    const earliest = start_ts ? ` on ${absolute(start_ts, timeZone)} at the earliest,` : ''
    return [`Phase ${i + 2} opens${earliest} once ${text}.`]
  })
}

function policySentences({ failure_policy: policy, phases }: Rules): string[] {
  const programs = [...new Set((phases ?? []).flatMap(({ gate }) => gate?.verdicts ?? []))]
  const verdict =
    programs.length > 0 ? [`As soon as ${listed(programs, 'or')} reports "fail", ${actionText(policy ?? {})}.`] : []
  return [...(policy ? policyText(policy, (phases ?? []).length > 1) : []), ...verdict]
}

/** What a failure policy does, in sentences. `has_phases`: false if there is only one. */
function policyText(policy: PolicyRule, has_phases: boolean): string[] {
  const { max_failures, max_failure_percent, min_ended, scope, timeout_minutes } = policy
  const of = has_phases && scope !== 'deployment' ? ' of a phase' : ''
  const least = min_ended && min_ended > 1 ? ` (at least ${whole(min_ended)})` : ''
  const limits = [
    max_failures && `${counted(max_failures, 'device')}${of} ${max_failures === 1 ? 'has' : 'have'} failed`,
    max_failure_percent && `${max_failure_percent} % of the devices${of} that have ended${least} have failed`,
  ].filter((text) => typeof text === 'string')
  return [
    ...(limits.length > 0 ? [`Once ${limits.join(', or ')}, ${actionText(policy)}.`] : []),
    ...(timeout_minutes
      ? [`A device that has not ended ${minutesText(timeout_minutes)} after its offer counts as failed.`]
      : []),
  ]
}

function actionText({ action, rollback_artifact_name }: PolicyRule): string {
  if (action === 'abort') return 'the deployment is aborted'
  if (action !== 'rollback') return 'the deployment is paused: no further device starts until a user resumes it'
  return `the deployment is aborted, and the devices that have had an offer get ${rollback_artifact_name}`
}

function confirmText(minutes: Maybe<number>): string | undefined {
  if (!minutes) return undefined
  const within = `within ${minutesText(minutes)}, running the release`
  return `A device that reports success must poll again ${within}; otherwise it counts as failed.`
}

function inFlightText({ max_in_flight: limit, max_in_flight_percent: share }: Rules): string | undefined {
  if (!limit && !share) return undefined
  const verb = limit === 1 ? 'works' : 'work'
  const devices = limit
    ? `${counted(limit, 'device')}${share ? `, but not more than ${share} % of all,` : ''} ${verb}`
    : `${share} % of the devices work`
  return `At most ${devices} on the update at the same time.`
}

function exclusionText(exclude: Rules['exclude']): string | undefined {
  const named = exclude?.device_ids?.length ?? 0
  const devices = [
    ...(named > 0 ? [counted(named, 'listed device')] : []),
    ...(exclude?.filter ? [`the devices that match "${exclude.filter.name}", now or later`] : []),
    ...(exclude?.pinned
      ? [`${counted(exclude.pinned, 'device')} that ${exclude.pinned === 1 ? 'was' : 'were'} pinned at creation`]
      : []),
  ]
  return devices.length > 0 ? `Excluded: ${listed(devices)}.` : undefined
}

function scheduleSentences(rules: Rules): string[] {
  if ((rules.windows ?? []).length + (rules.blackouts ?? []).length === 0) return []
  const times = scheduleText(rules)
  return [`When devices are offered the update: ${times}. An update that has begun continues outside of these times.`]
}

/** The most that can go wrong, as the preview computes it. */
export function worstCaseText({ devices_touched, of }: { devices_touched: number; of: number }): string {
  if (of === 0) return 'No device is a target yet.'
  const verb = devices_touched === 1 ? 'is' : 'are'
  const some = `${whole(devices_touched)} of ${counted(of, 'device')}`
  if (devices_touched < of) return `If everything fails, at most ${some} ${verb} touched before it stops.`
  const all = of === 1 ? 'the device' : `all ${whole(of)} devices`
  return `If everything fails, nothing stops it: ${all} ${verb} touched.`
}

const STATE_STYLES: Readonly<Record<string, StatusStyle>> = {
  running: { label: 'Running', color: 'blue', description: 'devices are offered the update' },
  held: { label: 'Held', color: 'yellow', description: 'nothing is wrong, but the next phase waits' },
  paused: { label: 'Paused', color: 'orange', description: 'no further device starts until a user resumes it' },
  stopped: { label: 'Stopped', color: 'gray', description: 'finished or aborted' },
}

/** Whether a failure policy or a verdict has stopped the rollout. */
export const isTripped = ({ state, reason }: StateRule): boolean =>
  state === 'paused' && reason !== undefined && reason.code !== 'paused_by_user'

type StateRule = { state: string; reason?: { code: string } }

/** The style of the state of a rollout; red if it is paused because of failures. */
export function rolloutStateStyle(rollout: StateRule): StatusStyle {
  const style = STATE_STYLES[rollout.state] ?? { label: rollout.state, color: 'gray', description: '' }
  if (!isTripped(rollout)) return style
  return { ...style, color: 'red', description: 'stopped because of failures, until a user resumes it' }
}
