import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Job, Order, Outcome } from './load.ts'

// A client library costs more than the server it measures. This one knows what the servers here answer: HTTP/1.1, kept
// connections, one request at a time on each, bodies with a length or chunked, whole heads of a few hundred bytes.

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKED_END = Buffer.from('0\r\n\r\n')
const sets = new Map<string, Buffer[]>()

process.on('message', async (order: Order) => {
  if ('run' in order) return process.send?.(await run(order.run))
  const { name, requests } = order.learn
  const known = sets.get(name) ?? []
  sets.set(name, known)
  for (const request of requests) known.push(Buffer.from(request))
  process.send?.('learnt')
})
process.on('disconnect', () => process.exit())

async function run({ port, requests: name, connections, ms }: Job): Promise<Outcome> {
  const requests = sets.get(name) ?? []
  const statuses: Record<string, number> = {}
  const times = new Float64Array(1_000_000)
  const begun = performance.now()
  const end = ms === undefined ? Number.POSITIVE_INFINITY : begun + ms
  let sent = 0
  let done = 0
  const source = {
    next: () => (ms === undefined && sent >= requests.length ? undefined : requests[sent++ % requests.length]),
    note(status: number, time: number, now: number) {
      statuses[status] = (statuses[status] ?? 0) + 1
      times[done++ % times.length] = time
      return now < end
    },
  }
  await Promise.all(Array.from({ length: connections }, () => converse(port, source)))
  const sorted = times.subarray(0, Math.min(done, times.length)).sort()
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return { requests: done, statuses, elapsed_ms: performance.now() - begun, p50_ms: at(0.5), p99_ms: at(0.99) }
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

// "HTTP/1.1 204"
const statusOf = (answer: Buffer): number => (answer[9]! - 48) * 100 + (answer[10]! - 48) * 10 + (answer[11]! - 48)

function isWhole(answer: Buffer): boolean {
  const head = answer.indexOf(HEAD_END)
  if (head < 0) return false
  if (statusOf(answer) === 204) return true
  const text = answer.toString('latin1', 0, head).toLowerCase()
  if (text.includes('transfer-encoding: chunked')) return answer.subarray(-CHUNKED_END.length).equals(CHUNKED_END)
  const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
  return answer.length >= head + HEAD_END.length + length
}
