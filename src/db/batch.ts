/** A question that many ask at once: `ask(env, key)` waits for one answer out of a shared run. */
export type Batched<Env extends object, Key, Answer> = (env: Env, key: Key) => Promise<Answer>

type Waiting<Key, Answer> = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void }

type Options<Key> = {
  /** Runs in flight at the most. */
  atOnce?: number
  /** Keys in one run at the most. */
  size?: number
  /** Keys of different lanes never share a run, nor wait for each other's. */
  lane?: (key: Key) => string
}

/**
 * Coalesces the keys that arrive while a run is in flight into the next run. `run` answers in the order of its keys.
 * A run that fails is repeated in halves, so that one bad key fails nobody else.
 */
export function batched<Env extends object, Key, Answer>(
  run: (env: Env, keys: Key[]) => Promise<Answer[]>,
  { atOnce = 2, size = 500, lane = () => '' }: Options<Key> = {},
): Batched<Env, Key, Answer> {
  const desks = new WeakMap<Env, Map<string, Desk<Key, Answer>>>()
  return (env, key) => {
    const lanes = desks.get(env) ?? new Map<string, Desk<Key, Answer>>()
    desks.set(env, lanes)
    const name = lane(key)
    const close = () => lanes.delete(name)
    const desk = lanes.get(name) ?? openDesk((keys: Key[]) => run(env, keys), { atOnce, size, close })
    lanes.set(name, desk)
    return desk(key)
  }
}

type Desk<Key, Answer> = (key: Key) => Promise<Answer>
type Habits = { atOnce: number; size: number; close: () => void }

/** Closes when nobody is left. */
function openDesk<Key, Answer>(run: (keys: Key[]) => Promise<Answer[]>, { atOnce, size, close }: Habits) {
  let waiting: Waiting<Key, Answer>[] = []
  let running = 0
  let scheduled = false

  const flush = () => {
    scheduled = false
    while (waiting.length > 0 && running < atOnce) {
      const batch = waiting.slice(0, size)
      waiting = waiting.slice(size)
      running++
      void settle(run, batch).finally(() => {
        running--
        if (waiting.length > 0) schedule()
        else if (running === 0) close()
      })
    }
  }
  const schedule = () => {
    if (scheduled || running >= atOnce) return
    scheduled = true
    setImmediate(flush)
  }
  return (key: Key) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      schedule()
    })
}

async function settle<Key, Answer>(run: (keys: Key[]) => Promise<Answer[]>, batch: Waiting<Key, Answer>[]) {
  try {
    const answers = await run(batch.map(({ key }) => key))
    batch.forEach(({ resolve }, i) => {
      resolve(answers[i] as Answer)
    })
  } catch (error) {
    if (batch.length === 1) return batch[0]?.reject(error)
    const middle = batch.length >> 1
    await settle(run, batch.slice(0, middle))
    await settle(run, batch.slice(middle))
  }
}
