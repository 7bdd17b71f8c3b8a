/** A question that many ask at once: `ask(env, key)` waits for one answer out of a shared run. */
export type Batched<Env extends object, Key, Answer> = (env: Env, key: Key) => Promise<Answer>

type Waiting<Key, Answer> = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void }

/**
 * Coalesces the keys that arrive while a run is in flight into the next run. `run` answers in the order of its keys.
 * A run that fails is repeated key by key, so that one bad key fails nobody else.
 * @param atOnce runs in flight at the most, @param size keys in one run at the most
 */
export function batched<Env extends object, Key, Answer>(
  run: (env: Env, keys: Key[]) => Promise<Answer[]>,
  { atOnce = 2, size = 500 }: { atOnce?: number; size?: number } = {},
): Batched<Env, Key, Answer> {
  const desks = new WeakMap<Env, (key: Key) => Promise<Answer>>()
  return (env, key) => {
    let desk = desks.get(env)
    if (!desk) {
      desk = openDesk((keys) => run(env, keys), atOnce, size)
      desks.set(env, desk)
    }
    return desk(key)
  }
}

function openDesk<Key, Answer>(run: (keys: Key[]) => Promise<Answer[]>, atOnce: number, size: number) {
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
    if (batch.length === 1) batch[0]?.reject(error)
    else for (const one of batch) await settle(run, [one])
  }
}
