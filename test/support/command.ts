import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { MUSTER } from './muster-program.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export type Ended = { code: number | null; stdout: string; stderr: string }

/** `muster <argv>` as a separate process, configured only by `env`. */
export function start(argv: string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH = '' } = process.env
  const options = { cwd: ROOT, env: { PATH, MUSTER_LOG_LEVEL: 'error', ...env } }
  return spawn(process.execPath, [...MUSTER, ...argv], options)
}

/** Runs a command until it exits. */
export async function run(argv: string[], env: Record<string, string> = {}, input = ''): Promise<Ended> {
  const child = start(argv, env)
  child.stdin?.end(input)
  const ended = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  const [code] = await ended
  return { code, stdout, stderr }
}

export type RunningServer = {
  child: ChildProcess
  url: string
  output: () => string
  kill(signal: string): Promise<number | null>
}

/** Starts `muster serve`, and resolves once it listens. */
export async function startMuster(env: Record<string, string>): Promise<RunningServer> {
  const child = start(['serve'], { MUSTER_PORT: '0', ...env })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      printed += chunk
    })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const listening = () => printed.match(/listens on (\S+)\n.*\n.*\n/)?.[1]
  while (!listening()) {
    const ended = await Promise.race([exited, new Promise((wake) => setTimeout(() => wake('waiting'), 20))])
    if (ended !== 'waiting') throw new Error(`muster serve ended with ${ended}: ${printed}`)
  }
  return {
    child,
    url: listening() ?? '',
    output: () => printed,
    kill: (signal) => {
      child.kill(signal as NodeJS.Signals)
      return exited
    },
  }
}
