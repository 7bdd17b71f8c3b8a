import { type Cell, gauge, histogram } from '../metrics/metric.ts'
import { classifyDatabaseError } from './database-errors.ts'
import { perObject } from './memory/per-object.ts'

type Pending<Key, Result> = { key: Key; resolve: (result: Result) => void; reject: (error: unknown) => void }

type Options<Env, Key> = {
  /** Runs of one partition at the same time. */
  maxInFlight?: number | ((env: Env) => number)
  /** Keys of one run. */
  maxSize?: number
  /** Keys of different partitions never share a run, and do not wait for each other's runs. */
  partition?: (key: Key, env: Env) => string
  /** Name of the batch in the metrics. */
  name?: string
}

/**
 * Combines the keys that arrive while a run is in flight into the next run. `run` returns its results in the order of
 * its keys. A failed run is repeated in halves, so that one bad key fails no other; not if the database is the cause.
 */
export function batched<Env extends object, Key, Result>(
  run: (env: Env, keys: Key[]) => Promise<Result[]>,
  { maxInFlight = 2, maxSize = 500, partition = () => '', name = 'other' }: Options<Env, Key> = {},
): (env: Env, key: Key) => Promise<Result> {
  const measured = measuredAs(name)
  const queuesOf = perObject((_env: Env) => new Map<string, Queue<Key, Result>>())
  return (env, key) => {
    const queues = queuesOf(env)
    const id = partition(key, env)
    const queue =
      queues.get(id) ??
      openQueue((keys: Key[]) => measured(keys.length, () => run(env, keys)), {
        ...{ maxInFlight: typeof maxInFlight === 'number' ? maxInFlight : maxInFlight(env), maxSize },
        onIdle: () => queues.delete(id),
      })
    queues.set(id, queue)
    return queue(key)
  }
}

type Queue<Key, Result> = (key: Key) => Promise<Result>
type QueueOptions = { maxInFlight: number; maxSize: number; onIdle: () => void }

function openQueue<Key, Result>(
  run: (keys: Key[]) => Promise<Result[]>,
  { maxInFlight, maxSize, onIdle }: QueueOptions,
): Queue<Key, Result> {
  let waiting: Pending<Key, Result>[] = []
  let running = 0
  let isScheduled = false

  const startRuns = () => {
    isScheduled = false
    while (waiting.length > 0 && running < maxInFlight) {
      const batch = waiting.slice(0, maxSize)
      waiting = waiting.slice(maxSize)
      running++
      void complete(batch)
    }
  }
  /**
   * Starts the next run before it settles the promises of this one: the database works while the responses are written.
   */
  const complete = async (batch: Pending<Key, Result>[]) => {
    const settle = await outcomeOf(run, batch)
    running--
    startRuns()
    settle()
    if (running === 0) onIdle()
  }
  return (key) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (running >= maxInFlight) return
      // A full run gains nothing by waiting, and an immediate is late while thousands of sockets are readable.
      if (waiting.length >= maxSize) return startRuns()
      if (isScheduled) return
      isScheduled = true
      setImmediate(startRuns)
    })
}

/** Runs a batch and returns a function that settles its promises. */
async function outcomeOf<Key, Result>(
  run: (keys: Key[]) => Promise<Result[]>,
  batch: Pending<Key, Result>[],
): Promise<() => void> {
  try {
    const results = await run(batch.map(({ key }) => key))
    return () => {
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result)
    }
  } catch (error) {
    if (batch.length === 1 || classifyDatabaseError(error))
      return () => {
        for (const { reject } of batch) reject(error)
      }
    const middle = batch.length >> 1
    const halves = [await outcomeOf(run, batch.slice(0, middle)), await outcomeOf(run, batch.slice(middle))]
    return () => {
      for (const settle of halves) settle()
    }
  }
}

const sizes = histogram({
  name: 'muster_batch_size',
  help: 'Requests that shared one run against the database',
  labels: ['batch'],
  bounds: [1, 2, 5, 10, 25, 50, 100, 250, 500],
})
const durations = histogram({
  name: 'muster_batch_duration_seconds',
  help: 'How long such a run took',
  labels: ['batch'],
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
})
const in_flight = new Map<string, Cell>()
gauge({ name: 'muster_batches_in_flight', help: 'Such runs in flight' }, () =>
  [...in_flight].map(([batch, { value }]) => ({ labels: { batch }, value })),
)

/** Measures runs under this name. */
export function measuredAs(batch: string) {
  const running = in_flight.get(batch) ?? { value: 0 }
  in_flight.set(batch, running)
  return async <Result>(size: number, run: () => Promise<Result>): Promise<Result> => {
    const started_ms = performance.now()
    running.value++
    try {
      return await run()
    } finally {
      running.value--
      sizes(batch).add(size)
      durations(batch).add((performance.now() - started_ms) / 1000)
    }
  }
}
