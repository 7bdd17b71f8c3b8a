import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './server-process.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const execute = promisify(execFile)

/** The environment without the settings of this project that npm and vitest add. */
const PLAIN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|MUSTER_|DATABASE_|VITEST|NODE_ENV$)/.test(name)),
)

/** Builds what is out of date, packs the package into `dir` and returns the names of the packed files. */
export async function pack(dir: string): Promise<{ tarball: string; files: string[] }> {
  const build = `import { makeReady } from './scripts/ready.js'\nmakeReady()`
  await execute(process.execPath, ['--input-type=module', '--eval', build], { cwd: ROOT, env: PLAIN })
  // Without the script that rebuilds everything: concurrent tests use the built web UI.
  const options = ['--ignore-scripts', '--json', '--pack-destination', dir]
  const { stdout } = await execute('npm', ['pack', ...options], { cwd: ROOT, env: PLAIN, maxBuffer: 10_000_000 })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  return { tarball: join(dir, packed.filename), files: packed.files.map(({ path }) => path) }
}

export type Installed = {
  /** Runs `muster <argv>` until it exits. */
  muster(argv: string[], env?: Record<string, string>): Promise<string>
  /** Runs `npx muster <argv>` until `stop`. */
  start(argv: string[], env?: Record<string, string>): Running
}

export type Running = {
  output(): string
  ended: Promise<number | null>
  stop(signal: NodeJS.Signals): Promise<unknown>
}

/** Installs the packed file into an empty directory. */
export async function install(tarball: string, dir: string): Promise<Installed> {
  await mkdir(dir)
  await writeFile(join(dir, 'package.json'), '{ "private": true }')
  await execute('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: dir, env: PLAIN })
  const program = join(dir, 'node_modules', '.bin', 'muster')
  return {
    muster: async (argv, env = {}) => (await execute(program, argv, { cwd: dir, env: { ...PLAIN, ...env } })).stdout,
    start: (argv, env = {}) =>
      // A separate process group, because npx does not forward signals.
      running(spawn('npx', ['--no', '--', 'muster', ...argv], { cwd: dir, env: { ...PLAIN, ...env }, detached: true })),
  }
}

function running(child: ChildProcess): Running {
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      printed += chunk
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const stop = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, signal)
    return ended
  }
  return { output: () => printed, ended, stop }
}

/** Starts `npx muster serve`, and resolves once /ready succeeds. */
export async function serve(installed: Installed, env: Record<string, string>): Promise<Running & { url: string }> {
  const port = await freePort()
  const server = installed.start(['serve'], { MUSTER_PORT: String(port), ...env })
  const url = `http://127.0.0.1:${port}`
  let hasEnded = false
  void server.ended.then(() => {
    hasEnded = true
  })
  while (!(await fetch(`${url}/ready`).catch(() => undefined))?.ok) {
    if (hasEnded) throw new Error(`muster serve ended: ${server.output()}`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
  return { ...server, url }
}
