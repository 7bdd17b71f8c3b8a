import { type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/** Runs a program to its end; rejects with what it wrote to standard error. */
export type Runner = (program: string, args: string[]) => Promise<void>

export type Owner = { uid: number; gid: number }

const ACCOUNT = 'postgres'
const execute = promisify(execFile)

/**
 * The account of PostgreSQL's processes and files. PostgreSQL refuses to run as root, so for root it is `postgres`,
 * created if missing. undefined: the account of this process.
 */
export async function findOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await findAccount()) ?? (await createAccount())
}

/**
 * Runs programs as `owner`. If that account cannot enter the directories on the way to `dir` (a data directory below
 * /root), the programs get the one capability that lets them pass.
 */
export async function runnerOf(owner: Owner | undefined, dir: string): Promise<Runner> {
  if (!owner) return runWith({})
  if (await isReachable(dir, owner)) return runWith(owner)
  const asOwner = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  const readSearch = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
  const run = runWith({})
  return (program, args) => run('setpriv', [...asOwner, ...readSearch, program, ...args])
}

const runWith =
  (options: ExecFileOptions): Runner =>
  (program, args) =>
    new Promise((resolve, reject) => {
      // The server that pg_ctl starts inherits these streams, and must not keep ours open: only wait for the exit.
      const child = spawn(program, args, {
        ...options,
        cwd: '/',
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, LC_ALL: 'C' },
      })
      let stderr = ''
      child.stderr?.on('data', (chunk) => {
        stderr += chunk
      })
      child.on('error', reject)
      child.on('exit', (code) => {
        child.stderr?.destroy()
        if (code === 0) resolve()
        else reject(new Error(`${program} ended with ${code}: ${stderr.trim()}`))
      })
    })

async function findAccount(): Promise<Owner | undefined> {
  const id = async (flag: string) => Number((await execute('id', [flag, ACCOUNT])).stdout)
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => undefined,
  )
}

async function createAccount(): Promise<Owner> {
  await execute('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT])
  const owner = await findAccount()
  if (!owner)
    throw new Error(
      `PostgreSQL does not run as root, and the account ${ACCOUNT} could not be made. Start Muster as another user, or set DATABASE_URL.`,
    )
  return owner
}

/** Whether the account may enter every directory on the way. */
export async function isReachable(path: string, owner: Owner): Promise<boolean> {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const { uid, gid, mode } = await stat(dir)
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (dir === dirname(dir)) return true
  }
}
