import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProgram } from './program-group.ts'
import type { Signer } from './swu.ts'

/** What a device reports of its last installation when it starts: the `-c` of SWUpdate. */
const CONFIRMATIONS = { success: ['-c', '2'], failure: ['-c', '3'] } as const
type Confirmation = keyof typeof CONFIRMATIONS

export type SwupdateOptions = {
  /** The controller ID. */
  name: string
  url: string
  tenant: string
  /** `-g` and a gateway token, or `-k` and a target token. */
  token?: readonly ['-g' | '-k', string]
  /** Further settings of its configuration. */
  settings?: string
  signer: Signer
  attributes: Readonly<Record<string, string>>
  /** What it reports after a restart that follows an installation; absent: it does not start again by itself. */
  after_installation?: Confirmation
  /** Further options of the mode that polls a server. */
  options?: readonly string[]
}

/** A device that runs SWUpdate. */
export type Swupdate = AsyncDisposable & {
  name: string
  dir: string
  log(): Promise<string>
  /** Lines that the scripts of images have added to a file of the device. */
  lines(file: string): Promise<string[]>
  /** Ends it without warning, as a power failure does. */
  kill(): Promise<void>
  start(confirmation?: Confirmation): Promise<void>
  /** How often it has restarted after an installation. */
  restarts(): number
}

/**
 * SWUpdate 2022.12 hangs or ends once in some twenty installations, before it reports them or before it restarts the
 * device. A watchdog resets it then.
 */
const WATCHDOG_MS = 20_000
/** A program that cannot run is not started forever. */
const MAX_CRASHES = 3

/** Each has a directory for its control sockets, so that several run at a time. */
export async function startSwupdate(parent: string, options: SwupdateOptions): Promise<Swupdate> {
  const { name, after_installation } = options
  const dir = join(parent, name)
  await mkdir(join(dir, 'tmp'), { recursive: true })
  await writeFile(join(dir, 'swupdate.cfg'), configuration(options))
  const marker = join(dir, 'restart')
  const readLog = () => readFile(join(dir, 'log'), 'utf8').catch(() => '')
  let running: AsyncDisposable | undefined
  let restarts = 0
  let begun = { length: 0, at: 0 }
  const start = async (confirmation?: Confirmation) => {
    begun = { length: (await readLog()).length, at: Date.now() }
    running = await startProgram(dir, commandOf(dir, options, confirmation), { env: { MUSTER_DEVICE_DIR: dir }, onEnd })
  }
  const hasInstalled = async () => (await readLog()).slice(begun.length).includes('SWUPDATE successful')
  let crashes = 0
  const onEnd = async (how: number | NodeJS.Signals | null) => {
    running = undefined
    const isRestart = await rm(marker).then(
      () => true,
      () => false,
    )
    if (isRestart) return restart()
    await appendFile(join(dir, 'log'), `SWUpdate ended with ${how}.\n`)
    if (await hasInstalled()) return restart()
    if (crashes++ < MAX_CRASHES) await start()
  }
  const restart = async () => {
    restarts++
    if (after_installation) await start(after_installation)
  }
  const kill = async () => {
    const ending = running
    running = undefined
    await ending?.[Symbol.asyncDispose]()
  }
  let logged = begun
  const watch = async () => {
    const { length } = await readLog()
    if (length !== logged.length) logged = { length, at: Date.now() }
    const isSilent = Date.now() - Math.max(logged.at, begun.at) > WATCHDOG_MS
    if (!running || !isSilent || !(await hasInstalled())) return
    await kill()
    await restart()
  }
  const watchdog = setInterval(() => void watch(), 1000)
  await start()
  return {
    name,
    dir,
    log: readLog,
    lines: async (file) => {
      const text = await readFile(join(dir, file), 'utf8').catch(() => '')
      return text.split('\n').filter(Boolean)
    },
    kill,
    start,
    restarts: () => restarts,
    [Symbol.asyncDispose]: () => {
      clearInterval(watchdog)
      return kill()
    },
  }
}

const configuration = ({ attributes, settings = '' }: SwupdateOptions): string => {
  const entries = Object.entries(attributes).map(([name, value]) => `  { name = "${name}"; value = "${value}"; }`)
  return `globals: {};\n${settings}\nidentify: (\n${entries.join(',\n')}\n);\n`
}

function commandOf(
  dir: string,
  {
    name,
    url,
    tenant,
    token = [],
    signer,
    options = [],
  }: Omit<SwupdateOptions, 'token'> & { token?: readonly string[] },
  confirmation: Confirmation | undefined,
): string[] {
  const files = ['-f', join(dir, 'swupdate.cfg'), '-k', signer.certificate]
  // After an installation the device restarts; here only SWUpdate does, with all its processes.
  const restart = ['-p', `touch ${dir}/restart; kill -KILL 0`]
  const server = ['-t', tenant, '-u', url, '-i', name, ...token, '-p', '1', ...options]
  const confirm = confirmation ? CONFIRMATIONS[confirmation] : []
  const rest = ['-H', 'board:1.0', '-M', '-m', '-l', '4', '-u', [...server, ...confirm].join(' ')]
  return ['swupdate', ...files, ...restart, ...rest]
}
