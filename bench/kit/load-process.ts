import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { openConnection } from './connection.ts'
import type { Command, Job, Outcome } from './load.ts'
import { runNewConnections } from './new-connections.ts'
import { runOpenLoop } from './open-loop.ts'
import { type Pollers, startPollers } from './pollers.ts'
import { pollsOf, type RequestSet, setOf } from './request-set.ts'
import { statusOf } from './response.ts'
import { openTimes } from './times.ts'

// A client library would use more CPU time than the server that it measures. This client uses keep-alive connections
// with one request at a time on each.

let pollers: Pollers | undefined
const sets = new Map<string, Buffer[]>()
const fleets = new Map<string, RequestSet>()

process.on('message', async (command: Command) => {
  if ('run' in command) return process.send?.(await run(command.run))
  if ('startPollers' in command) {
    pollers = await startPollers(sets.get(command.startPollers.requests) ?? [], command.startPollers)
    return process.send?.('started')
  }
  if ('count' in command) return process.send?.(pollers?.count())
  if ('stopPollers' in command) {
    pollers?.stop()
    return process.send?.('stopped')
  }
  if ('addPolls' in command) {
    fleets.set(command.addPolls.name, pollsOf(command.addPolls))
    return process.send?.('added')
  }
  const { name, requests } = command.addRequests
  const set = sets.get(name) ?? []
  sets.set(name, set)
  for (const request of requests) set.push(Buffer.from(request))
  process.send?.('added')
})
process.on('disconnect', () => process.exit())

async function run(job: Job): Promise<Outcome> {
  const { port, requests: name, connections, ms, per_second, handshake } = job
  const requests = sets.get(name) ?? []
  if (handshake) return runNewConnections(requests, { ...job, handshake })
  if (per_second) return runOpenLoop(fleets.get(name) ?? setOf(requests), { ...job, per_second })
  const times = openTimes()
  const begun = performance.now()
  const end = ms === undefined ? Number.POSITIVE_INFINITY : begun + ms
  let sent = 0
  const source = {
    next: () => (ms === undefined && sent >= requests.length ? undefined : requests[sent++ % requests.length]),
    record(status: number, time: number, now: number) {
      times.record(status, time)
      return now < end
    },
  }
  await Promise.all(Array.from({ length: connections }, () => runClosedLoop(port, source)))
  return { ...times.summary(), elapsed_ms: performance.now() - begun }
}

type Source = {
  next(): Buffer | undefined
  /** Returns whether to continue. */
  record(status: number, time: number, now: number): boolean
}

/** One connection, which sends the next request after each response. */
async function runClosedLoop(port: number, source: Source): Promise<void> {
  let begun = 0
  const send = (now: number) => {
    const request = source.next()
    if (!request) return socket.end()
    begun = now
    socket.write(request)
  }
  const socket = await openConnection(port, (response) => {
    const now = performance.now()
    if (source.record(statusOf(response), now - begun, now)) send(now)
    else socket.end()
  })
  send(performance.now())
  await once(socket, 'close')
}
