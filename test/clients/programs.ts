import { execFile } from 'node:child_process'
import { accessSync, constants, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, test } from 'vitest'

/** The Debian package of each program. */
const PACKAGES = {
  ...{ mender: 'mender-client', 'mender-artifact': 'mender-artifact', 'mender-cli': 'mender-cli' },
  ...{ swupdate: 'swupdate', cpio: 'cpio', openssl: 'openssl', curl: 'curl', zck: 'zchunk' },
  ...{ patroni: 'patroni', etcd: 'etcd-server', haproxy: 'haproxy' },
}
type Program = keyof typeof PACKAGES

export type Outcome = { code: number; stdout: string; stderr: string }
export type RunOptions = { cwd?: string; env?: Record<string, string>; timeout_ms?: number }

/** Runs a program to its end, without blocking the server that runs in this process. */
export const run = (
  program: string,
  args: readonly string[],
  { cwd, env, timeout_ms = 60_000 }: RunOptions = {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: timeout_ms, ...(cwd ? { cwd } : {}) }
    const child = execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? (child.exitCode ?? -1) : 0, stdout, stderr: stderr || (error?.message ?? '') }),
    )
    child.stdin?.end()
  })

/** Runs a program that must succeed, and returns its output. */
export async function mustRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

/** A directory that exists during the tests of the file. */
export function scratchDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-clients-'))
  afterAll(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Tests that need real programs: skipped with the reason if they cannot run; in CI they fail instead. */
export function describeClients(programs: readonly Program[], { root = false }, body: () => void): void {
  const title = programs.join(', ')
  const obstacle = obstacleTo(programs, root)
  if (!obstacle) {
    describe(title, body)
  } else if (process.env.CI) {
    test(title, () => Promise.reject(new Error(`In CI the real programs must run: ${obstacle}`)))
  } else {
    process.stderr.write(`Skipped: the tests with ${title}; ${obstacle}\n`)
    test.skip(`${title}: ${obstacle}`, () => {})
  }
}

function obstacleTo(programs: readonly Program[], root: boolean): string | undefined {
  const missing = programs.filter((program) => !isInstalled(program)).map((program) => PACKAGES[program])
  if (missing.length > 0) return `they need apt-get install --no-install-recommends ${missing.join(' ')}`
  if (root && process.getuid?.() !== 0)
    return 'they need root, because the programs use system directories, or run as another account'
  return undefined
}

export const isInstalled = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => isExecutable(join(dir, program)))

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
