import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Count, PollerPlan } from './pollers.ts'

/** Requests that the load process sends. */
export type Job = {
  port: number
  /** The name of a request set that was added before. */
  requests: string
  connections: number
  /** Duration, in which the set is repeated; without it, each request is sent once. */
  ms?: number
  /** The index of the first request. */
  from?: number
  /** Opens a connection for each request; without it, connections are kept. */
  handshake?: Handshake
  /** A fixed rate (open loop); without it, each connection sends its next request after a response (closed loop). */
  per_second?: number
}

/** `resumes`: after the first, each connection resumes a session. */
export type Handshake = { version: 'TLSv1.2' | 'TLSv1.3'; resumes: boolean }

export type Outcome = {
  requests: number
  /** The number of responses by status. */
  statuses: Record<string, number>
  elapsed_ms: number
  p50_ms: number
  p99_ms: number
  max_ms: number
  /** Of requests over new connections: how many of these resumed a session. */
  resumed?: number
}

/** The process that sends requests. */
export type Load = AsyncDisposable & {
  pid: number
  /** Adds requests to a named set. */
  addRequests(name: string, requests: readonly string[]): Promise<void>
  /** Adds the idle polls of a fleet, each made when it is sent: those of a large fleet would not fit into memory. */
  addPolls(name: string, fleet: PollsOfFleet): Promise<void>
  run(job: Job): Promise<Outcome>
  /** Starts devices that poll until they are stopped. */
  startPollers(plan: PollerPlan): Promise<void>
  count(): Promise<Count>
  stopPollers(): Promise<void>
}

export type Command =
  | { addPolls: PollsOfFleet & { name: string } }
  | { addRequests: { name: string; requests: readonly string[] } }
  | { run: Job }
  | { startPollers: PollerPlan }
  | { count: true }
  | { stopPollers: true }

/** `secret`: the key of the installation, in base64. Devices poll in the order of multiples of the stride. */
export type PollsOfFleet = { tenant_id: string; secret: string; size: number; stride: number }

const CHUNK = 2000

export async function startLoad(): Promise<Load> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'), { execArgv: ['--import', 'tsx'] })
  const execute = async (command: Command) => {
    child.send(command)
    return nextMessage(child)
  }
  return {
    pid: child.pid ?? 0,
    async addRequests(name, requests) {
      for (let at = 0; at < requests.length; at += CHUNK)
        await execute({ addRequests: { name, requests: requests.slice(at, at + CHUNK) } })
    },
    addPolls: async (name, fleet) => void (await execute({ addPolls: { ...fleet, name } })),
    run: async (run) => (await execute({ run })) as Outcome,
    startPollers: async (startPollers) => void (await execute({ startPollers })),
    count: async () => (await execute({ count: true })) as Count,
    stopPollers: async () => void (await execute({ stopPollers: true })),
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const received = new AbortController()
  const exited = once(child, 'exit', { signal: received.signal }).then(() => {
    throw new Error('The load process exited.')
  })
  exited.catch(() => {})
  const [message] = await Promise.race([once(child, 'message'), exited]).finally(() => received.abort())
  return message
}

type RequestParts = { token?: string; authorization?: string | undefined; body?: unknown }

/** The bytes of one request. */
export function requestText(
  method: string,
  path: string,
  { token, authorization = token && `Bearer ${token}`, body }: RequestParts = {},
): string {
  const content = body === undefined ? '' : JSON.stringify(body)
  const headers = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(authorization ? [`Authorization: ${authorization}`] : []),
    ...(content ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ]
  return `${headers.join('\r\n')}\r\n\r\n${content}`
}
