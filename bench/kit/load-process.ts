import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { statusOf } from './answer.ts'
import { askByTheClock } from './by-the-clock.ts'
import { type Crowd, gather } from './crowd.ts'
import { openLine } from './line.ts'
import type { Job, Order, Outcome } from './load.ts'
import { openTimes } from './times.ts'

// A client library costs more than the server it measures. This one keeps connections, with one request at a time on each.

let crowd: Crowd | undefined
const sets = new Map<string, Buffer[]>()

process.on('message', async (order: Order) => {
  if ('run' in order) return process.send?.(await run(order.run))
  if ('gather' in order) {
    crowd = await gather(sets.get(order.gather.requests) ?? [], order.gather)
    return process.send?.('gathered')
  }
  if ('count' in order) return process.send?.(crowd?.count())
  if ('leave' in order) {
    crowd?.leave()
    return process.send?.('left')
  }
  const { name, requests } = order.learn
  const known = sets.get(name) ?? []
  sets.set(name, known)
  for (const request of requests) known.push(Buffer.from(request))
  process.send?.('learnt')
})
process.on('disconnect', () => process.exit())

async function run(job: Job): Promise<Outcome> {
  const { port, requests: name, connections, ms, per_second } = job
  const requests = sets.get(name) ?? []
  if (per_second) return askByTheClock(requests, { ...job, per_second })
  const times = openTimes()
  const begun = performance.now()
  const end = ms === undefined ? Number.POSITIVE_INFINITY : begun + ms
  let sent = 0
  const source = {
    next: () => (ms === undefined && sent >= requests.length ? undefined : requests[sent++ % requests.length]),
    note(status: number, time: number, now: number) {
      times.note(status, time)
      return now < end
    },
  }
  await Promise.all(Array.from({ length: connections }, () => converse(port, source)))
  return { ...times.summary(), elapsed_ms: performance.now() - begun }
}

type Source = {
  next(): Buffer | undefined
  /** Whether to go on. */
  note(status: number, time: number, now: number): boolean
}

/** One connection, one request after the other. */
async function converse(port: number, source: Source): Promise<void> {
  let begun = 0
  const send = (now: number) => {
    const request = source.next()
    if (!request) return line.end()
    begun = now
    line.write(request)
  }
  const line = await openLine(port, (answer) => {
    const now = performance.now()
    if (source.note(statusOf(answer), now - begun, now)) send(now)
    else line.end()
  })
  send(performance.now())
  await once(line, 'close')
}
