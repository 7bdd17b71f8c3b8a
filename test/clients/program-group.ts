import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'

type Options = {
  env?: Readonly<Record<string, string>>
  /** Called with its exit code or signal when it has ended by itself. */
  onEnd?: (how: number | NodeJS.Signals | null) => void
}

/**
 * Starts a program in a directory that has its log and its temporary files. All its processes end with it, without
 * warning, when it is disposed of; they also end with this process.
 */
export async function startProgram(
  dir: string,
  [program = '', ...args]: readonly string[],
  { env = {}, onEnd }: Options = {},
): Promise<AsyncDisposable> {
  await mkdir(join(dir, 'tmp'), { recursive: true })
  const log = await open(join(dir, 'log'), 'a')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    env: { ...process.env, TMPDIR: join(dir, 'tmp'), ...env },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  await once(child, 'spawn')
  await log.close()
  let isOver = false
  child.once('exit', (code, signal) => {
    if (!isOver) onEnd?.(code ?? signal)
  })
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true
      await kill(child)
    },
  }
}

async function kill(child: ChildProcess) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}
