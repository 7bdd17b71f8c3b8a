import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Count, CrowdPlan } from './crowd.ts'

/** What the load process is told to do. */
export type Job = {
  port: number
  /** A set of requests sent before. */
  requests: string
  connections: number
  /** For so long, beginning again at the end of the set; without it, each request once. */
  ms?: number
  /** Which of the set is the first. */
  from?: number
  /** So many a second, whether the server keeps up or not; without it, as many as it answers. */
  per_second?: number
}

export type Outcome = {
  requests: number
  /** How often each status came. */
  statuses: Record<string, number>
  elapsed_ms: number
  p50_ms: number
  p99_ms: number
  max_ms: number
}

/** The process that asks. */
export type Load = AsyncDisposable & {
  pid: number
  /** Hands over the bytes of requests, to be asked for by name. */
  learn(name: string, requests: readonly string[]): Promise<void>
  run(job: Job): Promise<Outcome>
  /** Devices that ask until they leave. */
  gather(plan: CrowdPlan): Promise<void>
  count(): Promise<Count>
  leave(): Promise<void>
}

export type Order =
  | { learn: { name: string; requests: readonly string[] } }
  | { run: Job }
  | { gather: CrowdPlan }
  | { count: true }
  | { leave: true }

const CHUNK = 2000

export async function startLoad(): Promise<Load> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'), { execArgv: ['--import', 'tsx'] })
  const tell = async (order: Order) => {
    child.send(order)
    return answerOf(child)
  }
  return {
    pid: child.pid ?? 0,
    async learn(name, requests) {
      for (let at = 0; at < requests.length; at += CHUNK)
        await tell({ learn: { name, requests: requests.slice(at, at + CHUNK) } })
    },
    run: async (run) => (await tell({ run })) as Outcome,
    gather: async (gather) => void (await tell({ gather })),
    count: async () => (await tell({ count: true })) as Count,
    leave: async () => void (await tell({ leave: true })),
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const end = once(child, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('The process that makes the load ended.')
  })
  end.catch(() => {})
  const [answer] = await Promise.race([once(child, 'message'), end]).finally(() => gone.abort())
  return answer
}

/** The bytes of one request. */
export function requestText(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: unknown } = {},
): string {
  const content = body === undefined ? '' : JSON.stringify(body)
  const headers = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(content ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ]
  return `${headers.join('\r\n')}\r\n\r\n${content}`
}
