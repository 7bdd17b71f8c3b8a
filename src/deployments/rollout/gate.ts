import { type Static, Type } from 'typebox'
import { invalidField } from '../../errors.ts'
import { DEVICES, MINUTES, orNull, PERCENT, readWhole, whole } from './members.ts'

const APPROVALS = ['none', 'required', 'other_user'] as const
const BASES = ['capacity', 'ended'] as const
const VERDICTS = ['pass', 'fail'] as const
const MAX_VERDICTS = 20
const VERDICT_NAME = /^[\w.-]{1,64}$/

/** What the devices of a phase must have shown before the next phase opens. */
export const NewGate = Type.Object(
  {
    success_percent: whole('Percentage of the devices that must succeed, 1 to 100'),
    of: orNull(
      'Of which devices: `capacity` (default): of all that the phase takes; `ended`: of those that have ended',
      Type.Enum([...BASES]),
    ),
    min_ended: whole('With `of: ended`: number of devices that must have ended; by default 1'),
    soak_minutes: whole('How long the percentage must then hold, in minutes, 1 to 525600'),
    approval: orNull(
      'Whether a user must approve: `required`: anybody who may approve; `other_user`: not the user who created the deployment',
      Type.Enum([...APPROVALS]),
    ),
    verdicts: orNull(
      'Names of programs, each of which must report `pass`',
      Type.Array(Type.String(), { maxItems: MAX_VERDICTS }),
    ),
  },
  { title: 'NewGate', description: 'What the devices of a phase must show before the next phase opens' },
)
export type NewGate = Static<typeof NewGate>

export const Gate = Type.Object(
  {
    success_percent: Type.Optional(
      Type.Integer({ description: 'Percentage of the devices that must succeed; absent: any' }),
    ),
    of: Type.Unsafe<(typeof BASES)[number]>({
      ...{ type: 'string', enum: BASES },
      description: '`capacity`: of all devices that the phase takes; `ended`: of those that have ended',
    }),
    min_ended: Type.Optional(Type.Integer({ description: 'With `of: ended`: number of devices that must have ended' })),
    soak_minutes: Type.Optional(
      Type.Integer({ description: 'How long the percentage must then hold, in minutes; absent: not at all' }),
    ),
    approval: Type.Unsafe<(typeof APPROVALS)[number]>({
      ...{ type: 'string', enum: APPROVALS },
      description: 'Whether a user must approve; `other_user`: not the user who created the deployment',
    }),
    verdicts: Type.Array(Type.String(), { description: 'Names of programs, each of which must report `pass`' }),
  },
  { title: 'Gate', description: 'What the devices of a phase must show before the next phase opens' },
)
export type Gate = Static<typeof Gate>

export const Verdict = Type.Unsafe<(typeof VERDICTS)[number]>({
  ...{ type: 'string', enum: VERDICTS },
  description: '`pass`, or `fail`, which trips the failure policy at once',
})
export type Verdict = Static<typeof Verdict>

/** Reads the gate of a request; `field` names it in errors. */
export function readGate(field: string, given: NewGate): Gate {
  const success_percent = readWhole(`${field}.success_percent`, given.success_percent, PERCENT)
  const of = given.of ?? 'capacity'
  const min_ended = readWhole(`${field}.min_ended`, given.min_ended, DEVICES)
  if (min_ended !== null && of !== 'ended') throw invalidField(`${field}.min_ended`, 'can only be used with of: ended')
  const soak_minutes = readWhole(`${field}.soak_minutes`, given.soak_minutes, MINUTES)
  const approval = given.approval ?? 'none'
  const verdicts = readVerdicts(`${field}.verdicts`, given.verdicts ?? [])
  if (success_percent === null && soak_minutes === null && approval === 'none' && verdicts.length === 0)
    throw invalidField(field, 'must have success_percent, soak_minutes, approval or verdicts')
  return {
    ...(success_percent === null ? {} : { success_percent }),
    of,
    ...(of === 'ended' ? { min_ended: min_ended ?? 1 } : {}),
    ...(soak_minutes === null ? {} : { soak_minutes }),
    ...{ approval, verdicts },
  }
}

function readVerdicts(field: string, names: readonly string[]): string[] {
  names.forEach((name, i) => {
    if (!VERDICT_NAME.test(name))
      throw invalidField(`${field}.${i}`, 'must be 1 to 64 letters, digits, dots, hyphens or underscores')
  })
  if (new Set(names).size < names.length) throw invalidField(field, 'must not name a program twice')
  return [...names]
}

/** The devices of a phase as a gate counts them. */
export type GateTally = {
  /** Devices that the phase takes. */
  capacity: number
  succeeded: number
  failed: number
  /** Devices that count neither way: no artifact, aborted, decommissioned. */
  excluded: number
}

/** What has happened at a gate, apart from its devices. Times are RFC 3339. */
export type GateState = {
  /** Since when the percentage holds without interruption; null: it does not hold. */
  held_since: string | null
  /** When the gate opened; it stays open. */
  opened_at: string | null
  /** When it was approved. */
  approved_at: string | null
  /** The last verdict of each program. */
  verdicts: Readonly<Record<string, { verdict: Verdict; at: string }>>
}

/** The number of devices of which the gate asks for a share. */
export const gateBase = ({ of }: Gate, { capacity, succeeded, failed, excluded }: GateTally): number =>
  Math.max(0, of === 'ended' ? succeeded + failed : capacity - excluded)

/** The share that has succeeded, in percent. */
export function gateShare(gate: Gate, tally: GateTally): number {
  const base = gateBase(gate, tally)
  return base === 0 ? 0 : (tally.succeeded * 100) / base
}

/**
 * Whether the percentage holds. It does not if no device is left that could succeed: that shows nothing, so a person
 * must open the gate.
 */
export function holds(gate: Gate, tally: GateTally): boolean {
  const { success_percent, min_ended = 1 } = gate
  if (success_percent === undefined) return true
  const base = gateBase(gate, tally)
  if (gate.of === 'ended' && base < Math.min(min_ended, tally.capacity - tally.excluded)) return false
  return base > 0 && tally.succeeded * 100 >= success_percent * base
}

export type GateStage = 'collecting' | 'soaking' | 'awaiting_verdict' | 'awaiting_approval' | 'open'

/** How far a gate is whose phase is open: each condition is looked at once those before it are met. */
export function gateStage(gate: Gate, state: GateState, now: string): GateStage {
  if (state.opened_at !== null) return 'open'
  const soaked_at = soakEnd(gate, state)
  if (soaked_at === null) return 'collecting'
  if (soaked_at > now) return 'soaking'
  if (gate.verdicts.some((name) => state.verdicts[name]?.verdict !== 'pass')) return 'awaiting_verdict'
  return gate.approval !== 'none' && state.approved_at === null ? 'awaiting_approval' : 'open'
}

/** When the soak ends; null: the percentage does not hold. */
export function soakEnd({ soak_minutes = 0 }: Gate, { held_since }: Pick<GateState, 'held_since'>): string | null {
  return held_since === null ? null : new Date(Date.parse(held_since) + soak_minutes * 60_000).toISOString()
}

/** When a gate that is open by `now` opened: when the last of its conditions was met. */
export function openedAt(gate: Gate, state: GateState): string {
  const times = [soakEnd(gate, state), state.approved_at, ...gate.verdicts.map((name) => state.verdicts[name]?.at)]
  return times.reduce<string>((latest, time) => (time && time > latest ? time : latest), '')
}
