import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startProgram } from './program-group.ts'
import { run } from './programs.ts'

const HERE = import.meta.dirname
const NEEDS = 'it needs apt-get install --no-install-recommends python3-venv python3-gi python3-aiohttp dbus-daemon'

/** Installs PyPI's rauc-hawkbit; undefined if that worked. */
export async function obstacleToRaucHawkbit(dir: string): Promise<string | undefined> {
  const venv = await run('/usr/bin/python3', ['-m', 'venv', '--system-site-packages', 'venv'], { cwd: dir })
  if (venv.code !== 0) return NEEDS
  const modules = await run(join(dir, 'venv/bin/python'), ['-c', 'import aiohttp, gi'])
  const bus = await run('dbus-run-session', ['--', 'true'])
  if (modules.code !== 0 || bus.code !== 0) return NEEDS
  const what = ['--quiet', '--no-deps', '--requirement', resolve(HERE, 'rauc-hawkbit.txt')]
  const pip = await run(join(dir, 'venv/bin/pip'), ['install', ...what], { timeout_ms: 300_000 })
  return pip.code === 0 ? undefined : `pip cannot install rauc-hawkbit: ${pip.stderr.trim().split('\n').at(-1)}`
}

type Options = { name: string; url: string; tenant: string; target_token: string; mac: string }

/** A device with RAUC's client for hawkBit; a program of the tests stands for RAUC itself. */
export type RaucHawkbit = AsyncDisposable & {
  name: string
  log(): Promise<string>
  /** SHA-256 of the bundles that were installed, in order. */
  installed(): Promise<string[]>
  /** Whether installations fail, or take ten seconds, from now on. */
  set(behavior: 'fail' | 'slow', is_on: boolean): Promise<void>
  /** Ends it without warning, as a power failure does, and starts it again. */
  crash(): Promise<void>
}

export async function startRaucHawkbit(parent: string, options: Options): Promise<RaucHawkbit> {
  const dir = join(parent, options.name)
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'config.cfg'), configuration(dir, options))
  await writeFile(join(dir, 'run'), SCRIPT)
  const program = ['dbus-run-session', '--', 'sh', join(dir, 'run'), dir]
  const scripts = [resolve(HERE, 'rauc-service.py'), join(parent, 'venv/bin/rauc-hawkbit-client')]
  const start = () => startProgram(dir, [...program, ...scripts])
  let running = await start()
  return {
    name: options.name,
    log: () => readFile(join(dir, 'log'), 'utf8'),
    installed: async () => {
      const text = await readFile(join(dir, 'installed'), 'utf8').catch(() => '')
      return text.split('\n').filter(Boolean)
    },
    set: (behavior, is_on) => (is_on ? writeFile(join(dir, behavior), '') : rm(join(dir, behavior), { force: true })),
    crash: async () => {
      await running[Symbol.asyncDispose]()
      running = await start()
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** The client starts once RAUC has its name on the bus. */
const SCRIPT = `export DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS"
cd "$1" || exit
rm -f service
/usr/bin/python3 "$2" "$1" > service &
until grep -q ready service; do sleep 0.1; done
exec "$3" -c "$1/config.cfg"
`

const configuration = (dir: string, { name, url, tenant, target_token, mac }: Options): string => `[client]
hawkbit_server = ${new URL(url).host}
ssl = false
tenant_id = ${tenant}
target_name = ${name}
auth_token = ${target_token}
mac_address = ${mac}
bundle_download_location = ${join(dir, 'bundle.raucb')}
log_level = debug
`
