import { METRICS, RENEW, STOP, type WorkerMessage, type WorkerMetrics } from './workers.ts'

// Ctrl-C reaches every process of the terminal: only the primary process decides when its workers stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
const stopped = new Promise<void>((resolve) => process.on('message', (message) => message === STOP && resolve()))

try {
  await serveRequests()
} catch (error) {
  await send({ failed: { ...(error as object), message: (error as Error).message } })
}
// Without the channel to the primary process, the worker ends.
process.disconnect()

async function serveRequests() {
  // These modules take time to load: only then are the signals handled from the start.
  const [{ readConfig }, { listen }, { openEnv }] = await Promise.all([
    import('./config.ts'),
    import('./listen.ts'),
    import('./open-env.ts'),
  ])
  await using env = await openEnv(readConfig(), { exclusive: false, serving: true, listing: true })
  const { url, metrics, renew, close } = await listen(env)
  await send({ listening: url })
  process.on('message', (message) => {
    if (message === RENEW) renew()
    if (message === METRICS) void metrics().then(([own]) => process.send?.({ metrics: own } as WorkerMetrics))
  })
  await stopped
  await close()
}

function send(message: WorkerMessage) {
  return new Promise((sent) => process.send?.(message, undefined, {}, sent))
}
