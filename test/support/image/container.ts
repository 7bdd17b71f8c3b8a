import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Image } from './build.ts'
import { assigned, DEVICES, execute, inside, PATH } from './chroot.ts'
import type { ImageConfig } from './dockerfile.ts'

export type Container = {
  said(): string
  /** As `docker exec` does it; rejects if the exit code is not 0. */
  exec(command: string[]): Promise<string>
  /** Sends the stop signal of the image and returns the exit code, or null if it had to be killed after 20 seconds. */
  stop(): Promise<number | null>
}

/** Starts what the image starts, as its user, on a read-only file system: only the volume and /tmp can be written. */
export async function startContainer(
  { root, config }: Image,
  { volume, env }: { volume: string; env: Record<string, string> },
): Promise<Container> {
  // A volume that is used first has the contents and the owner of the directory in the image.
  if (!existsSync(volume)) await execute('cp', ['--archive', join(root, config.volume!), volume])
  const mounts = [
    ...['mount --bind . .', 'cd "$0"', DEVICES, 'mount -t tmpfs tmpfs tmp'],
    ...[`mount --bind ${volume} .${config.volume}`, 'mount --options remount,bind,ro .'],
  ]
  const variables = { PATH, HOME: '/', ...config.env, ...env }
  const { user = '0:0', dir, command } = config
  const [program, args] = inside({ root, mounts: mounts.join('; '), user, env: variables, dir, command })
  return containerOf(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }), config, variables)
}

function containerOf(child: ChildProcess, config: ImageConfig, env: Record<string, string>): Container {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += chunk
    })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const [uid, gid] = (config.user ?? '0:0').split(':')
  return {
    said: () => said,
    exec: async (command) => {
      const enter = ['--mount', '--pid', '--root', '--wd', `--setuid=${uid}`, `--setgid=${gid}`]
      const target = `--target=${await processIn(child)}`
      return execute('nsenter', [target, ...enter, 'env', '--ignore-environment', ...assigned(env), ...command])
    },
    stop: async () => {
      if (child.exitCode === null) process.kill(await processIn(child), config.stop_signal as NodeJS.Signals)
      const code = await Promise.race([ended, sleep(20_000, null, { ref: false })])
      child.kill('SIGKILL')
      return code
    },
  }
}

/** The one child of unshare: process 1 of the container. */
async function processIn({ pid }: ChildProcess): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim()
  if (children === '') throw new Error('The container has not started.')
  return Number(children)
}
