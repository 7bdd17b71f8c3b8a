import { type Static, Type } from 'typebox'
import { toStoredId } from '../auth/stored-id.ts'
import { emptyPhase, invalidField } from '../errors.ts'
import { SavedFilter } from '../inventory/saved-filter.ts'
import { readDateTime } from './date-time.ts'
import { GateProgress } from './rollout/answers.ts'
import { Gate, NewGate, readGate } from './rollout/gate.ts'
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
    filter: Type.Optional(SavedFilter),
    gate: Type.Optional(Gate),
    progress: Type.Optional(GateProgress),
  },
  { title: 'Phase', description: 'A part of the devices of a deployment' },
)

/** A phase for named devices: those with these ids, or those that match a copy of a saved filter. */
export type NamedDevices =
  | { device_ids: string[]; filter?: undefined }
  | { filter: SavedFilter; device_ids?: undefined }

export type PlannedPhase = {
  /** Percent; 0 for named devices. */
  batch_size: number
  start_ts: string | null
  /** Devices; null: no limit. */
  capacity: number | null
  gate: Gate | null
}

/** A phase of a request. `named`: which devices it is for, if it names them. */
export type ReadPhase = Pick<PlannedPhase, 'batch_size' | 'start_ts' | 'gate'> & {
  named: { device_ids: string[]; filter_id?: undefined } | { filter_id: string; device_ids?: undefined } | null
}

/** Reads the phases of a request. Without any, all devices may start at once. `gate`: of phases that have none. */
export function readNewPhases(given: readonly NewPhase[], gate?: NewGate | null): ReadPhase[] {
  const gates = readGates(given, gate)
  if (given.length === 0) return []
  const starts = readStarts(given, gates)
  const named = given.map(readNamed)
  if (named.every((devices) => devices !== null))
    throw invalidField('phases', 'must have a phase that is not for named devices')
  const percents = readPercents(given, named)
  return percents.map((batch_size, i) => ({
    ...{ batch_size, start_ts: starts[i] ?? null, gate: gates[i] ?? null, named: named[i] ?? null },
  }))
}

/**
 * `named`: number of target devices that each phase names; null: it names none. `is_recipe`: the phases are those of a
 * recipe, which is for any number of devices.
 */
export type PhaseSizes = { devices: number; named: readonly (number | null)[]; dynamic: boolean; is_recipe?: boolean }

/**
 * Computes the capacities. Percentages are of the devices that no phase names. The last phase that names none takes the
 * rest; in a dynamic deployment the rest has no limit, because devices may join later. Throws if a phase would be empty.
 */
export function sizePhases(read: readonly ReadPhase[], sizes: PhaseSizes): PlannedPhase[] {
  const { named, dynamic } = sizes
  const last = named.lastIndexOf(null)
  const devices = devicesOf(read, sizes)
  const others = read.reduce((sum, { batch_size }, i) => sum + (i === last ? 0 : batch_size), 0)
  const phases = read.map(({ batch_size, start_ts, gate }, i) => ({
    ...{ batch_size: i === last ? 100 - others : batch_size, start_ts, gate },
    capacity: i === last && dynamic ? null : (devices[i] ?? 0),
  }))
  const unlimited = phases.findIndex(({ capacity, gate }) => capacity === null && gate !== null)
  if (unlimited >= 0) throw invalidField(`phases.${unlimited}.gate`, GATE_WITHOUT_LIMIT)
  const empty = phases.findIndex(({ capacity }) => capacity === 0)
  if (empty >= 0) throw emptyPhase(empty, named[empty] === null ? 'batch_size' : namedMember(read[empty]))
  return phases
}

const GATE_WITHOUT_LIMIT =
  'cannot be used in the phase of a dynamic deployment that takes all others: let it be the last one'

/** The devices of each phase. A phase of a recipe has at least one, so that a small fleet passes its gates, too. */
function devicesOf(read: readonly ReadPhase[], { devices, named, dynamic, is_recipe }: PhaseSizes): number[] {
  const others = devices - named.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  const last = named.lastIndexOf(null)
  let left = others
  return read.map(({ batch_size }, i) => {
    const count = named[i] ?? null
    if (count !== null) return count
    if (i === last) return Math.max(0, left)
    const share = Math.floor((batch_size * others) / 100)
    const size = is_recipe ? Math.max(1, share) : share
    const fitting = is_recipe && !dynamic ? Math.min(left, size) : size
    left -= fitting
    return fitting
  })
}

/**
 * The phases of a recipe for which there are devices, with their indexes. A phase that has no start of its own takes
 * that of the empty ones before it.
 */
export function withoutEmptyPhases(read: readonly ReadPhase[], sizes: PhaseSizes): IndexedPhase[] {
  const last = sizes.named.lastIndexOf(null)
  const devices = devicesOf(read, { ...sizes, is_recipe: true })
  let start: string | null = null
  const kept = read.flatMap((phase, index) => {
    start = phase.start_ts ?? start
    if (devices[index] === 0 && !(sizes.dynamic && index === last)) return []
    const start_ts = start
    start = null
    return [{ ...phase, start_ts, index }]
  })
  return kept.map((phase, i) => (i === kept.length - 1 ? { ...phase, gate: null } : phase))
}

type IndexedPhase = ReadPhase & { index: number }

const namedMember = (phase: ReadPhase | undefined) => (phase?.named?.device_ids ? 'device_ids' : 'filter_id')

function readGates(given: readonly NewPhase[], gate: NewGate | null | undefined): (Gate | null)[] {
  const common = gate ? readGate('gate', gate) : null
  const last = given.length - 1
  return given.map((phase, i) => {
    if (!phase.gate) return i === last ? null : common
    if (i === last) throw invalidField(`phases.${i}.gate`, 'cannot be used in the last phase')
    return readGate(`phases.${i}.gate`, phase.gate)
  })
}

function readNamed({ device_ids, filter_id, batch_size }: NewPhase, i: number): ReadPhase['named'] {
  if (!device_ids && !filter_id) return null
  const at = (member: string) => `phases.${i}.${member}`
  if (device_ids && filter_id) throw invalidField(at('filter_id'), 'cannot be used together with device_ids')
  if (batch_size) throw invalidField(at('batch_size'), 'cannot be used in a phase for named devices')
  if (filter_id) return { filter_id: toStoredId(filter_id) }
  const ids = [...new Set((device_ids ?? []).map(toStoredId))]
  if (ids.length === 0) throw invalidField(at('device_ids'), 'must name a device')
  return { device_ids: ids }
}

function readPercents(given: readonly NewPhase[], named: readonly ReadPhase['named'][]): number[] {
  const last = named.lastIndexOf(null)
  let used = 0
  const percents = given.map(({ batch_size }, i) => {
    if (named[i]) return 0
    if (batch_size === undefined || batch_size === null) {
      if (i !== last)
        throw invalidField(`phases.${i}.batch_size`, `cannot be blank: only the last phase may leave it out`)
      return 0
    }
    if (batch_size < 1 || batch_size > 100)
      throw invalidField(`phases.${i}.batch_size`, `must be between 1 and 100 percent`)
    used += batch_size
    if (used > 100) throw invalidField(`phases.${i}.batch_size`, `the batch sizes add up to more than 100 percent`)
    return batch_size
  })
  const earlier = percents.slice(0, last).reduce((sum, percent) => sum + percent, 0)
  return percents.with(last, 100 - earlier)
}

function readStarts(given: readonly NewPhase[], gates: readonly (Gate | null)[]): (string | undefined)[] {
  let latest = ''
  return given.map(({ start_ts }, i) => {
    if (start_ts === undefined || start_ts === null) {
      if (i > 0 && !gates[i - 1])
        throw invalidField(
          `phases.${i}.start_ts`,
          `cannot be blank: only the first phase, and one after a phase with a gate, may leave it out`,
        )
      return undefined
    }
    const start = readDateTime(`phases.${i}.start_ts`, start_ts)
    if (start < latest)
      throw invalidField(`phases.${i}.start_ts`, `must not be before the start of the phase before it`)
    latest = start
    return start
  })
}
