import { once } from 'node:events'
import { readConfig } from './config.ts'
import { listen } from './listen.ts'
import { openEnv } from './open-env.ts'
import { type Answered, type Listening, MEASURE, STOP } from './workers.ts'

// Ctrl-C reaches every process of the terminal: the keeper alone decides when its workers stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

await using env = await openEnv(readConfig(), { exclusive: false, serving: true })
const { url, measure, close } = await listen(env)
process.send?.({ listening: url } satisfies Listening)
process.on('message', (asked) => {
  if (asked === MEASURE) void measure().then(([measured]) => process.send?.({ measured } as Answered))
})
await stopped()
await close()
process.disconnect()

async function stopped() {
  for (;;) if ((await once(process, 'message'))[0] === STOP) return
}
