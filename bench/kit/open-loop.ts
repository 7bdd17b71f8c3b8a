import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { openConnection } from './connection.ts'
import type { Job, Outcome } from './load.ts'
import type { RequestSet } from './request-set.ts'
import { statusOf } from './response.ts'
import { openTimes } from './times.ts'

const TICK_MS = 2

/**
 * Sends requests at the rate of the job, however fast the server responds, over a few keep-alive connections. A latency
 * begins when the request is due, so it includes the wait for a connection.
 */
export async function runOpenLoop(requests: RequestSet, job: Job & { per_second: number }): Promise<Outcome> {
  const { port, connections, per_second, from = 0, ms = (requests.length * 1000) / per_second } = job
  const times = openTimes()
  const due = new Float64Array(connections)
  const free: number[] = []
  const open = async (_: unknown, at: number) => {
    const socket = await openConnection(port, (response) => {
      times.record(statusOf(response), performance.now() - due[at]!)
      free.push(at)
    })
    free.push(at)
    return socket
  }
  const sockets = await Promise.all(Array.from({ length: connections }, open))
  const begun = performance.now()
  const dueAt = (index: number) => begun + (index * 1000) / per_second
  const total = Math.floor((ms * per_second) / 1000)
  for (let sent = 0; sent < total; await sleep(TICK_MS))
    while (sent < total && free.length > 0 && dueAt(sent) <= performance.now()) {
      const at = free.pop()!
      due[at] = dueAt(sent)
      sockets[at]!.write(requests.at((from + sent++) % requests.length))
    }
  while (free.length < sockets.length) await sleep(TICK_MS)
  const elapsed_ms = performance.now() - begun
  for (const socket of sockets) socket.end()
  return { ...times.summary(), elapsed_ms }
}
