import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

export type ServerProcess = {
  url: string
  pid: number
  /** kill -9: nothing is finished, nothing is closed. */
  kill(): Promise<void>
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>
}

/** A real server in a process of its own, configured by `environment`, on a free port of 127.0.0.1. */
export async function startProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: {
      ...process.env,
      MUSTER_PORT: '0',
      MUSTER_LOG_LEVEL: 'error',
      MUSTER_ADMIN_PASSWORD: 'administrator',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const end = once(child, 'exit')
  const url = await Promise.race([listeningUrl(child), end.then(() => undefined)])
  if (!url) throw new Error(`The server ended at its start: ${said}`)
  const signal = async (name: NodeJS.Signals) => {
    child.kill(name)
    const [code] = await end
    return code as number | null
  }
  return {
    url,
    pid: child.pid ?? 0,
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
