import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { MUSTER } from './muster-program.ts'

export type ServerProcess = {
  url: string
  pid: number
  /** The exit code, once it has exited. */
  ended: Promise<number | null>
  /** kill -9: no request is finished, nothing is closed. */
  kill(): Promise<void>
  /** SIGTERM; returns the exit code. */
  stop(): Promise<number | null>
}

/** A real server in a separate process, configured by `environment`, on a free port of 127.0.0.1. */
export async function startProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, MUSTER, {
    env: {
      ...process.env,
      MUSTER_PORT: '0',
      MUSTER_LOG_LEVEL: 'error',
      MUSTER_ADMIN_PASSWORD: 'administrator',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const outputEnd = once(child, 'close')
  const url = await Promise.race([listeningUrl(child), outputEnd.then(() => undefined)])
  if (!url) throw new Error(`The server ended at its start with ${await ended}: ${output}`)
  const signal = (name: NodeJS.Signals) => {
    child.kill(name)
    return ended
  }
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    kill: async () => {
      await signal('SIGKILL')
    },
    stop: () => signal('SIGTERM'),
  }
}

async function listeningUrl(child: ChildProcess): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (!url) continue
    child.stdout!.resume()
    return url
  }
  return undefined
}

/** For a process that cannot report the port that it uses. */
export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const address = holder.address()
  holder.close()
  await once(holder, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
