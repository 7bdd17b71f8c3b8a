import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './programs.ts'

const STOP_MS = 8000

export type MenderClient = AsyncDisposable & {
  name: string
  dir: string
  /** The log of the daemon so far. */
  log(): Promise<string>
  /** Makes it poll for an update now. */
  poll(): void
  /** Makes it send its inventory now. */
  sendInventory(): void
  /** Kills it, and restarts it without its stored state except its key. */
  crash(): Promise<void>
  showArtifact(): Promise<string>
  showProvides(): Promise<Record<string, string>>
}

export type MenderClientOptions = {
  name: string
  url: string
  tenant_token: string
  inventory: Record<string, string>
}

/** Starts a `mender` daemon with a separate directory, where its scripts (mender-hooks.ts) find its identity. */
export async function startMenderClient(parent: string, options: MenderClientOptions): Promise<MenderClient> {
  const { name, inventory } = options
  const dir = join(parent, name)
  await mkdir(join(dir, 'data'), { recursive: true })
  await writeFile(join(dir, 'identity'), `mac=${name}\n`)
  await writeFile(join(dir, 'inventory'), lines(inventory))
  await writeFile(join(dir, 'device_type'), 'device_type=qemux86-64\n')
  await writeFile(join(dir, 'mender.conf'), configuration(dir, options))
  const files = [
    '--config',
    join(dir, 'mender.conf'),
    '--fallback-config',
    join(dir, 'none'),
    '--data',
    join(dir, 'data'),
  ]
  const args = ['--no-syslog', '--log-level', 'debug', ...files]
  const start = () => spawnDaemon(dir, [...args, 'daemon'])
  let daemon = await start()
  const ask = (command: string) => mustRun('mender', [...files, '--no-syslog', command])
  return {
    name,
    dir,
    log: () => readFile(join(dir, 'log'), 'utf8'),
    poll: () => void daemon.kill('SIGUSR1'),
    sendInventory: () => void daemon.kill('SIGUSR2'),
    async crash() {
      const ended = once(daemon, 'exit')
      daemon.kill('SIGKILL')
      await ended
      for (const file of ['mender-store', 'mender-store-lock']) await rm(join(dir, 'data', file), { force: true })
      daemon = await start()
    },
    showArtifact: async () => (await ask('show-artifact')).trim(),
    showProvides: async () => Object.fromEntries((await ask('show-provides')).split('\n').filter(Boolean).map(pair)),
    [Symbol.asyncDispose]: () => stop(daemon),
  }
}

const configuration = (DIR: string, { url, tenant_token }: MenderClientOptions): string =>
  JSON.stringify({
    ServerURL: url,
    TenantToken: tenant_token,
    UpdatePollIntervalSeconds: 2,
    InventoryPollIntervalSeconds: 5,
    RetryPollIntervalSeconds: 1,
    DeviceTypeFile: join(DIR, 'device_type'),
    DBus: { Enabled: false },
  })

async function spawnDaemon(dir: string, args: string[]): Promise<ChildProcess> {
  const log = await open(join(dir, 'log'), 'a')
  // If this process is killed, its daemons end with it.
  const daemon = spawn('setpriv', ['--pdeathsig', 'TERM', 'mender', ...args], {
    env: { ...process.env, MENDER_INSTANCE_DIR: dir },
    stdio: ['ignore', log.fd, log.fd],
  })
  await once(daemon, 'spawn')
  await log.close()
  return daemon
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  const ended = once(daemon, 'exit')
  daemon.kill('SIGTERM')
  const impatience = setTimeout(() => daemon.kill('SIGKILL'), STOP_MS)
  await ended.finally(() => clearTimeout(impatience))
}

const lines = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

function pair(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
