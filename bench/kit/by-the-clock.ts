import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { isWhole, statusOf } from './answer.ts'
import type { Job, Outcome } from './load.ts'
import { openTimes } from './times.ts'

const TICK_MS = 2

/**
 * As many requests a second as the job says, by the clock, however the server is, over few connections that are kept. A time begins
 * when a request is due: its wait for a connection is part of it.
 */
export async function askByTheClock(requests: readonly Buffer[], job: Job & { per_second: number }): Promise<Outcome> {
  const { port, connections, per_second, from = 0, ms = (requests.length * 1000) / per_second } = job
  const times = openTimes()
  const free: Line[] = []
  const lines = await Promise.all(Array.from({ length: connections }, () => openLine(port, (line) => free.push(line))))
  const begun = performance.now()
  const dueAt = (index: number) => begun + (index * 1000) / per_second
  const all = Math.floor((ms * per_second) / 1000)
  for (let asked = 0; asked < all; await sleep(TICK_MS))
    while (asked < all && free.length > 0 && dueAt(asked) <= performance.now()) {
      const due = dueAt(asked)
      free
        .pop()!
        .ask(requests[(from + asked++) % requests.length]!, (status) => times.note(status, performance.now() - due))
    }
  while (free.length < lines.length) await sleep(TICK_MS)
  const elapsed_ms = performance.now() - begun
  for (const { end } of lines) end()
  return { ...times.summary(), elapsed_ms }
}

type Line = { ask(request: Buffer, answered: (status: number) => void): void; end(): void }

/** One request after the other; `free` is told when it is free, at first too. */
function openLine(port: number, free: (line: Line) => void): Promise<Line> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    let answered = (_status: number) => {}
    const line: Line = {
      ask(request, then) {
        answered = then
        socket.write(request)
      },
      end: () => socket.end(),
    }
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      free(line)
      resolve(line)
    })
    socket.on('data', (chunk: Buffer) => {
      const answer = pending ? Buffer.concat([pending, chunk]) : chunk
      pending = isWhole(answer) ? undefined : answer
      if (pending) return
      answered(statusOf(answer))
      free(line)
    })
    socket.on('error', reject)
  })
}
