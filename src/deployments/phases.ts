import { type Static, Type } from 'typebox'
import { emptyPhase, invalidField } from '../errors.ts'
import { Term } from '../inventory/filter.ts'
import { readDateTime } from './date-time.ts'
import { GateProgress } from './rollout/answers.ts'
import { Gate, NewGate } from './rollout/gate.ts'
import { orNull } from './rollout/members.ts'
import { DeviceIds } from './rollout/rules.ts'
import { Statistics } from './statistics.ts'

export const NewPhase = Type.Object(
  {
    batch_size: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description:
          'Percentage of the devices at creation, 1 to 100, rounded down to devices; optional for the last phase, which takes the rest',
      }),
    ),
    start_ts: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'Time from which the phase is open; optional for the first phase, and after one with a gate',
      }),
    ),
    device_ids: orNull('A phase for these devices, as far as they are targets; without `batch_size`', DeviceIds),
    filter_id: orNull(
      'A phase for the target devices that match a saved filter; without `batch_size`',
      Type.String({ minLength: 1 }),
    ),
    gate: orNull('What its devices must show before the next phase opens', NewGate),
  },
  { title: 'NewPhase', description: 'A part of the devices, and when it starts' },
)
export type NewPhase = Static<typeof NewPhase>

export const Phase = Type.Object(
  {
    id: Type.String({ description: 'ID of the phase' }),
    batch_size: Type.Integer({ description: 'Percentage of the devices at creation' }),
    start_ts: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time from which the phase is open; absent: from creation' }),
    ),
    capacity: Type.Optional(
      Type.Integer({ description: 'Number of devices that it takes; absent: no limit, for devices that match later' }),
    ),
    device_count: Type.Integer({ description: 'Number of devices that are assigned to the phase' }),
    statistics: Type.Object({ status: Statistics }, { description: 'The devices of the phase' }),
    device_ids: Type.Optional(Type.Array(Type.String(), { description: 'IDs of the devices that it is for' })),
    filter: Type.Optional(
      Type.Object(
        {
          id: Type.String({ description: 'ID of the filter' }),
          name: Type.String({ description: 'Name of the filter' }),
          terms: Type.Array(Term, { description: 'Its terms at creation' }),
        },
        { description: 'The filter whose devices it is for' },
      ),
    ),
    gate: Type.Optional(Gate),
    progress: Type.Optional(GateProgress),
  },
  { title: 'Phase', description: 'A part of the devices of a deployment' },
)

export type PlannedPhase = {
  /** Percent. */
  batch_size: number
  start_ts: string | null
  /** Devices; null: no limit. */
  capacity: number | null
}

export type PhaseState = PlannedPhase & { device_count: number }

type ReadPhase = Pick<PlannedPhase, 'batch_size' | 'start_ts'>

/** Reads the phases of a request. Without any, all devices may start at once. */
export function readNewPhases(given: readonly NewPhase[]): ReadPhase[] {
  if (given.length === 0) return []
  const starts = readStarts(given)
  return readPercents(given).map((batch_size, i) => ({ batch_size, start_ts: starts[i] ?? null }))
}

/**
 * Computes the capacities for `devices` devices. The last phase takes the rest; in a dynamic deployment the rest has no
 * limit, because devices may join later. Throws if a phase would be empty.
 */
export function sizePhases(
  read: readonly ReadPhase[],
  devices: number,
  { dynamic }: { dynamic: boolean },
): PlannedPhase[] {
  const sizes = read.slice(0, -1).map(({ batch_size }) => Math.floor((batch_size * devices) / 100))
  const rest = devices - sizes.reduce((sum, size) => sum + size, 0)
  const phases = read.map((phase, i) => ({ ...phase, capacity: sizes[i] ?? (dynamic ? null : rest) }))
  const empty = phases.findIndex(({ capacity }) => capacity === 0)
  if (empty >= 0) throw emptyPhase(empty)
  return phases
}

/** The index of the phase that takes the next device: the first open one with capacity. */
export function openPhase(phases: readonly PhaseState[], now: string): number | undefined {
  const index = phases.findIndex((phase, i) => isOpen(phase, i, now) && hasCapacity(phase))
  return index < 0 ? undefined : index
}

/** When the next phase opens, in milliseconds; Infinity: all are open. */
export function nextOpening(phases: readonly PhaseState[], now: string): number {
  const starts = phases.flatMap(({ start_ts }) => (start_ts !== null && start_ts > now ? [Date.parse(start_ts)] : []))
  return Math.min(...starts)
}

const isOpen = ({ start_ts }: PlannedPhase, index: number, now: string) =>
  start_ts === null ? index === 0 : now >= start_ts

const hasCapacity = ({ capacity, device_count }: PhaseState) => capacity === null || device_count < capacity

function readPercents(given: readonly NewPhase[]): number[] {
  const last = given.length - 1
  let used = 0
  given.forEach(({ batch_size }, i) => {
    if (batch_size === undefined || batch_size === null) {
      if (i !== last)
        throw invalidField(`phases.${i}.batch_size`, `cannot be blank: only the last phase may leave it out`)
      return
    }
    if (batch_size < 1 || batch_size > 100)
      throw invalidField(`phases.${i}.batch_size`, `must be between 1 and 100 percent`)
    used += batch_size
    if (used > 100) throw invalidField(`phases.${i}.batch_size`, `the batch sizes add up to more than 100 percent`)
  })
  const earlier = given.slice(0, -1).map(({ batch_size }) => batch_size ?? 0)
  return [...earlier, 100 - earlier.reduce((sum, percent) => sum + percent, 0)]
}

function readStarts(given: readonly NewPhase[]): (string | undefined)[] {
  let latest = ''
  return given.map(({ start_ts }, i) => {
    if (start_ts === undefined || start_ts === null) {
      if (i > 0) throw invalidField(`phases.${i}.start_ts`, `cannot be blank: only the first phase may leave it out`)
      return undefined
    }
    const start = readDateTime(`phases.${i}.start_ts`, start_ts)
    if (start < latest)
      throw invalidField(`phases.${i}.start_ts`, `must not be before the start of the phase before it`)
    latest = start
    return start
  })
}
