import { sample } from './sample.ts'

/** How a deployment proceeds whose devices race, and how they behave. */
export type Schedule = {
  number: number
  devices: number
  is_dynamic: boolean
  /** Any device is the first to fail, or the limit is a percentage of at least as many. */
  max_failures: number
  is_percent: boolean
  max_in_flight: number | undefined
  retries: number
  action: 'pause' | 'abort' | 'rollback'
  /** Whether half of the devices are in a phase of their own, which is open, too. */
  has_phases: boolean
  scope: 'phase' | 'deployment'
  order: 'first_come' | 'random'
  confirms: boolean
  /** The share of attempts that fail. */
  failing: number
}

export const SCHEDULES = 1000
const SAMPLED = { of: 24, offset: 0 }

/** All of them with MUSTER_TEST_FULL. The same number is always the same schedule. */
export const schedules = (): Schedule[] =>
  sample(
    Array.from({ length: SCHEDULES }, (_, i) => i),
    SAMPLED,
  ).map(scheduleOf)

function scheduleOf(number: number): Schedule {
  const random = generator(number)
  const upTo = (most: number) => 1 + Math.floor(random() * most)
  const oneOf = <Item>(...items: Item[]): Item => items[Math.floor(random() * items.length)]!
  return {
    ...{
      number,
      devices: 7 + upTo(13),
      is_dynamic: oneOf(true, false),
      max_failures: upTo(4),
      is_percent: random() < 0.2,
    },
    ...{ max_in_flight: random() < 0.2 ? undefined : upTo(6), retries: oneOf(0, 0, 1, 2) },
    ...{ action: oneOf('pause', 'abort', 'rollback'), has_phases: random() < 0.3, scope: oneOf('phase', 'deployment') },
    ...{ order: oneOf('first_come', 'random'), confirms: random() < 0.2, failing: oneOf(1, 1, 0.5) },
  }
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const bodyOf = (schedule: Schedule): Record<string, unknown> => {
  const { max_failures, is_percent, max_in_flight, retries, action, has_phases, scope, order, confirms } = schedule
  const limit = is_percent ? { max_failure_percent: 100, min_ended: max_failures } : { max_failures }
  return {
    failure_policy: {
      ...{ ...limit, scope, action },
      ...(action === 'rollback' ? { rollback_artifact_name: 'release-0' } : {}),
    },
    ...{ max_in_flight, retries, order },
    ...(has_phases ? { phases: [{ batch_size: 50 }, { start_ts: '2020-01-01T00:00:00Z' }] } : {}),
    ...(confirms ? { confirm_within_minutes: 60 } : {}),
  }
}
