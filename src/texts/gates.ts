import { counted, whole } from './numbers.ts'
import type { StatusStyle } from './statuses.ts'
import { absolute, upcoming } from './times.ts'

export type Maybe<Value> = Value | null | undefined

/** A gate, in a request or as the API returns it. */
export type GateRule = {
  success_percent?: Maybe<number>
  of?: Maybe<string>
  min_ended?: Maybe<number>
  soak_minutes?: Maybe<number>
  approval?: Maybe<string>
  verdicts?: Maybe<readonly string[]>
}

type Person = { id: string; email?: string }

type GateProgress = {
  state: string
  success_percent: number
  succeeded: number
  failed: number
  base: number
  in_flight: number
  opens_at?: string
  opened_at?: string
  approved_by?: Person
  comment?: string
  opened_by?: Person
  reason?: string
  verdicts: Readonly<Record<string, { verdict: string; reason?: string; by: Person }>>
}

const UNITS = [
  ['day', 1440],
  ['hour', 60],
  ['minute', 1],
] as const

/** `2 hours`, `1 day 12 hours` */
export function minutesText(minutes: number): string {
  let left = minutes
  const parts = UNITS.flatMap(([unit, size]) => {
    const amount = Math.floor(left / size)
    left -= amount * size
    return amount > 0 ? [counted(amount, unit)] : []
  })
  return parts.join(' ') || '0 minutes'
}

/** `a`, `a and b`, `a, b, and c` */
export function listed(parts: readonly string[], word = 'and'): string {
  if (parts.length < 3) return parts.join(` ${word} `)
  return `${parts.slice(0, -1).join(', ')}, ${word} ${parts.at(-1)}`
}

/**
 * What a gate asks for, to follow "once": `95 % of the devices of phase 1 have succeeded, this has held for 2 hours,
 * and a user has approved`.
 */
export function gateText(gate: GateRule, phase = 'the phase'): string {
  const { soak_minutes, approval, verdicts } = gate
  const share = shareText(gate, `the devices of ${phase}`)
  const soak = soak_minutes && `${share ? 'this has held' : `${phase} has been open`} for ${minutesText(soak_minutes)}`
  const conditions = [
    share,
    soak,
    verdicts?.length && `${listed(verdicts)} ${verdicts.length === 1 ? 'has' : 'have'} reported "pass"`,
    approval === 'required' && 'a user has approved',
    approval === 'other_user' && 'a user other than the one who created the deployment has approved',
  ]
  return listed(conditions.filter((text) => typeof text === 'string'))
}

function shareText({ success_percent, of, min_ended }: GateRule, devices: string): string | undefined {
  if (of !== 'ended') return success_percent ? `${success_percent} % of ${devices} have succeeded` : undefined
  const least = min_ended && min_ended > 1 ? `at least ${whole(min_ended)}` : undefined
  if (!success_percent) return least ? `${least} of ${devices} have ended` : `one of ${devices} has ended`
  return `${success_percent} % of ${devices} that have ended${least ? ` (${least})` : ''} have succeeded`
}

/** What a gate asks for in a few words: `95 % succeeded, for 2 hours, approval`. */
export function gateLabel({ success_percent, of, soak_minutes, approval, verdicts }: GateRule): string {
  const conditions = [
    success_percent && `${success_percent} %${of === 'ended' ? ' of the ended' : ''} succeeded`,
    soak_minutes && `for ${minutesText(soak_minutes)}`,
    ...(verdicts ?? []).map((name) => `verdict of ${name}`),
    approval === 'required' && 'approval',
    approval === 'other_user' && 'approval by another user',
  ]
  return conditions.filter((text) => typeof text === 'string').join(', ')
}

/** States of the gate of a phase. */
export const GATE_STATE_STYLES: Readonly<Record<string, StatusStyle>> = {
  closed: { label: 'Not open yet', color: 'gray', description: 'the phase is not open yet' },
  collecting: { label: 'Collecting results', color: 'blue', description: 'not enough devices have succeeded yet' },
  soaking: { label: 'Soaking', color: 'cyan', description: 'enough devices have succeeded, and this must hold' },
  awaiting_verdict: {
    label: 'Waiting for a verdict',
    color: 'yellow',
    description: 'a program has yet to report "pass"',
  },
  awaiting_approval: { label: 'Waiting for approval', color: 'yellow', description: 'a user has yet to approve' },
  open: { label: 'Passed', color: 'teal', description: 'the next phase may start' },
}

const NEVER_OPENED: StatusStyle = {
  label: 'Did not open',
  color: 'gray',
  description: 'the deployment ended before the gate opened',
}

/** The state of a gate; `isOver`: its deployment has finished or was aborted. */
export function gateStyle(
  { state, opened_by }: Pick<GateProgress, 'state' | 'opened_by'>,
  isOver: boolean,
): StatusStyle | undefined {
  const style = GATE_STATE_STYLES[state]
  if (state === 'open') return style && opened_by ? { ...style, label: 'Opened by a user' } : style
  return isOver ? NEVER_OPENED : style
}

/** Rounded down to a tenth, so that a share below its limit never looks like the limit. */
const shareOf = (percent: number): string => `${whole(Math.floor(percent * 10) / 10)} %`

/** The e-mail address of a user, `the failure policy`, or the ID of a user who no longer exists. */
export const personText = ({ id, email }: Person): string =>
  email ?? (id === 'failure-policy' ? 'the failure policy' : id)

/** How far a gate is: `['91 of 100 succeeded: 91 %, 95 % needed', '3 failed', '6 in flight']`. */
export function gateProgressTexts(
  gate: GateRule,
  progress: GateProgress,
  { now, timeZone }: { now: number; timeZone?: string | undefined },
): string[] {
  const { state, succeeded, base, failed, in_flight, success_percent, opens_at } = progress
  if (state === 'closed') return []
  const needed = gate.success_percent ? `: ${shareOf(success_percent)}, ${gate.success_percent} % needed` : ''
  return [
    `${whole(succeeded)} of ${whole(base)} succeeded${needed}`,
    ...(failed > 0 ? [`${whole(failed)} failed`] : []),
    ...(in_flight > 0 ? [`${whole(in_flight)} in flight`] : []),
    ...(state === 'soaking' && opens_at
      ? [`soaks until ${absolute(opens_at, timeZone)} (${upcoming(opens_at, now)})`]
      : []),
  ]
}

/** Who and what has passed a gate: approval, opening by hand, verdicts. */
export function gateDecisionTexts({ approved_by, comment, opened_by, reason, verdicts }: GateProgress): string[] {
  const because = (text: string | undefined) => (text ? `: ${text}` : '')
  return [
    ...Object.entries(verdicts).map(
      ([name, { verdict, reason, by }]) => `${name} reported "${verdict}" (${personText(by)})${because(reason)}`,
    ),
    ...(approved_by ? [`approved by ${personText(approved_by)}${because(comment)}`] : []),
    ...(opened_by ? [`opened by ${personText(opened_by)} before its gate held${because(reason)}`] : []),
  ]
}
