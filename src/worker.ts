import { MEASURE, RENEW, STOP, type WorkerMessage, type WorkerMetrics } from './workers.ts'

// Ctrl-C reaches every process of the terminal: the keeper alone decides when its workers stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
const stopped = new Promise<void>((resolve) => process.on('message', (told) => told === STOP && resolve()))

try {
  await answer()
} catch (error) {
  await tell({ failed: { ...(error as object), message: (error as Error).message } })
}
// Without the keeper a worker ends.
process.disconnect()

async function answer() {
  // What takes its time to load comes after the signals are heeded.
  const [{ readConfig }, { listen }, { openEnv }] = await Promise.all([
    import('./config.ts'),
    import('./listen.ts'),
    import('./open-env.ts'),
  ])
  await using env = await openEnv(readConfig(), { exclusive: false, serving: true, listing: true })
  const { url, measure, renew, close } = await listen(env)
  await tell({ listening: url })
  process.on('message', (asked) => {
    if (asked === RENEW) renew()
    if (asked === MEASURE) void measure().then(([measured]) => process.send?.({ measured } as WorkerMetrics))
  })
  await stopped
  await close()
}

function tell(told: WorkerMessage) {
  return new Promise((sent) => process.send?.(told, undefined, {}, sent))
}
