import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { isWhole, statusOf } from './answer.ts'
import { askByTheClock } from './by-the-clock.ts'
import { type Crowd, gather } from './crowd.ts'
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
function converse(port: number, source: Source): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    let begun = 0
    const send = (now: number) => {
      const request = source.next()
      if (!request) return socket.end()
      begun = now
      socket.write(request)
    }
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => send(performance.now()))
    socket.on('data', (chunk: Buffer) => {
      const answer = pending ? Buffer.concat([pending, chunk]) : chunk
      if (!isWhole(answer)) {
        pending = answer
        return
      }
      pending = undefined
      const now = performance.now()
      if (source.note(statusOf(answer), now - begun, now)) send(now)
      else socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}
