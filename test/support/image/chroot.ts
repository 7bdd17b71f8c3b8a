import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const MEGABYTES = 64 * 1024 * 1024

/** Runs a program to its end and returns its standard output. */
export const execute = async (program: string, args: string[], cwd?: string): Promise<string> =>
  (await promisify(execFile)(program, args, { cwd, maxBuffer: MEGABYTES })).stdout

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
export const DEVICES = 'mount -t proc proc proc; mount --rbind /dev dev'

export type Inside = {
  root: string
  /** Commands of a shell in `root`, before it is entered. */
  mounts: string
  /** Numbers of user and group, with a colon between them */
  user: string
  env: Record<string, string>
  dir: string
  command: string[]
}

/** The command line that runs a command in a root file system, as process 1 of its own, whose mounts end with it. */
export function inside({ root, mounts, user, env, dir, command }: Inside): [string, string[]] {
  const enter = ['chroot', `--userspec=${user}`, '--groups=', '.', 'env', '--ignore-environment', `--chdir=${dir}`]
  const shell = ['sh', '-ec', `cd "$0"; ${mounts}; exec "$@"`, root, ...enter, ...assigned(env), ...command]
  return ['unshare', ['--mount', '--pid', '--fork', '--kill-child', ...shell]]
}

export const assigned = (env: Record<string, string>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)
