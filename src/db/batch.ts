import { type Cell, gauge, histogram } from '../metrics/metric.ts'
import { classifyDatabaseError } from './database-errors.ts'
import { perObject } from './memory/per-object.ts'

/** A question that many ask at once: `ask(env, key)` waits for one answer out of a shared run. */
export type Batched<Env extends object, Key, Answer> = (env: Env, key: Key) => Promise<Answer>

type Pending<Key, Answer> = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void }

type Options<Key> = {
  /** Runs in flight at the most. */
  atOnce?: number
  /** Keys in one run at the most. */
  size?: number
  /** Keys of different lanes never share a run, nor wait for each other's. */
  partition?: (key: Key) => string
  /** What it is called in the metrics. */
  name?: string
}

/**
 * Coalesces the keys that arrive while a run is in flight into the next run. `run` answers in the order of its keys.
 * A run that fails is repeated in halves, so that one bad key fails nobody else; not where the database is the trouble.
 */
export function batched<Env extends object, Key, Answer>(
  run: (env: Env, keys: Key[]) => Promise<Answer[]>,
  { atOnce = 2, size = 500, partition: lane = () => '', name: batch = 'other' }: Options<Key> = {},
): Batched<Env, Key, Answer> {
  const measured = measuredAs(batch)
  const desks = perObject((_env: Env) => new Map<string, Queue<Key, Answer>>())
  return (env, key) => {
    const lanes = desks(env)
    const name = lane(key)
    const close = () => lanes.delete(name)
    const desk =
      lanes.get(name) ??
      openQueue((keys: Key[]) => measured(keys.length, () => run(env, keys)), { atOnce, size, close })
    lanes.set(name, desk)
    return desk(key)
  }
}

type Queue<Key, Answer> = (key: Key) => Promise<Answer>
type QueueOptions = { atOnce: number; size: number; close: () => void }

/** Closes when nobody is left. */
function openQueue<Key, Answer>(run: (keys: Key[]) => Promise<Answer[]>, { atOnce, size, close }: QueueOptions) {
  let waiting: Pending<Key, Answer>[] = []
  let running = 0
  let scheduled = false

  const flush = () => {
    scheduled = false
    while (waiting.length > 0 && running < atOnce) {
      const batch = waiting.slice(0, size)
      waiting = waiting.slice(size)
      running++
      void serve(batch)
    }
  }
  /** The next run begins before the answers of this one are handed out: the database works while they are written. */
  const serve = async (batch: Pending<Key, Answer>[]) => {
    const handOut = await outcomeOf(run, batch)
    running--
    flush()
    handOut()
    if (running === 0) close()
  }
  return (key: Key) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (running >= atOnce) return
      // Immediates do not come while thousands of sockets have something to read, and a full run gains nothing by waiting.
      if (waiting.length >= size) return flush()
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    })
}

async function outcomeOf<Key, Answer>(
  run: (keys: Key[]) => Promise<Answer[]>,
  batch: Pending<Key, Answer>[],
): Promise<() => void> {
  try {
    const answers = await run(batch.map(({ key }) => key))
    return () => {
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as Answer)
    }
  } catch (error) {
    if (batch.length === 1 || classifyDatabaseError(error))
      return () => {
        for (const { reject } of batch) reject(error)
      }
    const middle = batch.length >> 1
    const halves = [await outcomeOf(run, batch.slice(0, middle)), await outcomeOf(run, batch.slice(middle))]
    return () => {
      for (const handOut of halves) handOut()
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
const underWay = new Map<string, Cell>()
gauge({ name: 'muster_batches_in_flight', help: 'Such runs under way' }, () =>
  [...underWay].map(([batch, { value }]) => ({ labels: { batch }, value })),
)

function measuredAs(batch: string) {
  const running = underWay.get(batch) ?? { value: 0 }
  underWay.set(batch, running)
  return async <Result>(size: number, run: () => Promise<Result>): Promise<Result> => {
    const start = performance.now()
    running.value++
    try {
      return await run()
    } finally {
      running.value--
      sizes(batch).add(size)
      durations(batch).add((performance.now() - start) / 1000)
    }
  }
}
