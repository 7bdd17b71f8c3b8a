import { readFileSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { logIn } from '../../src/client/manager.ts'
import { openApi } from '../support/api.ts'
import { ARTIFACTS, noise } from '../support/artifact.ts'
import { DEVAUTH } from '../support/auth.ts'
import { openOutputs } from '../support/document-outputs.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { runHere } from '../support/run-here.ts'
import { reportedBy } from './ddi-tenant.ts'
import { blocksIn, type Command, commandsIn, type File } from './document-blocks.ts'
import { startProgram } from './program-group.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/connect-swupdate.md'), 'utf8')
/** Debian's, which reads the files of the document. */
const START = '/usr/lib/swupdate/swupdate.sh'
const URL_OF_SERVER = 'https://muster.example.com'
const TOKEN = /^Gateway token {2}(\S+)$/m
const DEVICE = '1812096c-c482-4497-bb41-cfadb16b8574'
const PATIENCE = { timeout: 180_000, interval: 500 }
const ADMINISTRATOR = { email: 'admin@example.com', password: 'administrator' }

/** The part below a heading. */
const part = (heading: string) => DOCUMENT.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''

describeClients(['curl'], {}, () => {
  const server = useServer()
  const tenant = useTenant(server)
  const dir = scratchDirectory()

  test('the requests with curl do what they say', async () => {
    await writeFile(join(dir, 'gateway-2.0.swu'), noise(1000))
    const script = part('With curl').replace(/^(?! {4}).*$/gm, '')
    const env = { MUSTER: server.url, JWT: tenant.api.token ?? '' }
    const printed = await mustRun('sh', ['-ec', script], { cwd: dir, env })
    expect(printed).toMatch(/"name":"factory".*"token":".*"device_id":".*"token":"/s)
    const { body: artifacts } = await tenant.api.get(ARTIFACTS)
    expect(artifacts).toMatchObject([{ name: 'gateway-2.0', device_types_compatible: ['gateway'] }])
  })
})

describeClients(['swupdate', 'cpio', 'openssl'], { root: true }, () => {
  const server = useServer({ supervises: true })
  const dir = scratchDirectory()
  const { withIds, expectOutput } = openOutputs()
  const [, shown_token = ''] = TOKEN.exec(DOCUMENT.replaceAll('    ', '')) ?? []

  /** The paths of the device lie in the directory of the test; a restart ends SWUpdate. */
  const onDevice = (text: string, token: string) =>
    text
      .replaceAll(/(^|[\s"=])(\/etc\/swupdate|\/var\/lib\/swupdate|\/opt\/gateway)/gm, `$1${dir}$2`)
      .replace(/^reboot$/m, 'kill -KILL 0')
      .replaceAll(URL_OF_SERVER, server.url)
      .replaceAll(shown_token, token)

  test('the steps of docs/connect-swupdate.md lead to an updated device', { timeout: 540_000 }, async () => {
    const token = await logIn(server, ADMINISTRATOR)
    const api = openApi(server.url, token)
    const settings = '/api/management/v2/ddi/settings'
    let gateway_token = ''
    let daemon: AsyncDisposable | undefined

    async function write({ path, content }: File) {
      const place = path.startsWith('/') ? join(dir, path) : join(dir, 'build', path)
      await mkdir(dirname(place), { recursive: true })
      await writeFile(place, onDevice(content, gateway_token))
      if (content.startsWith('#!')) await chmod(place, 0o755)
    }
    async function run({ user, command, output, line }: Command) {
      const where = `docs/connect-swupdate.md, line ${line}`
      if (user === 'build') return mustRun('sh', ['-ec', command], { cwd: join(dir, 'build') })
      if (command.startsWith('muster devices list')) await startDevice()
      const words = withIds(command).split(/ +(?=(?:[^']*'[^']*')*[^']*$)/)
      const argv = words.map((word) => word.replaceAll("'", ''))
      const file = argv.indexOf('gateway-2.0.swu')
      if (file > 0) argv[file] = join(dir, 'build', argv[file] ?? '')
      const ended = await runHere(argv.slice(1), { MUSTER_URL: server.url, MUSTER_TOKEN: token })
      expect([where, ended.stderr, ended.code]).toEqual([where, '', 0])
      const [, printed] = TOKEN.exec(ended.stdout) ?? []
      gateway_token ||= printed ?? ''
      if (output.trim()) expectOutput(ended.stdout, output.replaceAll(shown_token, gateway_token), where)
      if (command.startsWith('muster devices accept')) await waitForAttributes()
    }
    async function startDevice() {
      // It need not poll as rarely as the document's.
      const { body } = await api.get(settings)
      await api.put(settings, { ...body, polling_interval_s: 5, busy_polling_interval_s: 5 })
      const place = join(dir, 'etc/swupdate')
      await writeFile(join(place, 'release.crt'), await readFile(join(dir, 'build/release.crt')))
      await mkdir(join(dir, 'opt/gateway'), { recursive: true })
      await writeFile(join(dir, 'opt/gateway/version'), '1.0\n')
      const start = join(dir, 'swupdate.sh')
      await writeFile(start, onDevice(await readFile(START, 'utf8'), ''))
      const boot = async () => {
        daemon = await startProgram(dir, ['sh', start], { onEnd: boot })
      }
      await boot()
      await vi.waitFor(async () => {
        const { body: pending } = await api.get(`${DEVAUTH}/devices?status=pending`)
        expect(pending).toHaveLength(1)
      }, PATIENCE)
    }
    const waitForAttributes = () =>
      vi.waitFor(async () => {
        const reported = await reportedBy(api, withIds(DEVICE))
        expect(reported).toMatchObject({ board: 'gateway', device_type: 'gateway', region: 'eu' })
      }, PATIENCE)

    await mkdir(join(dir, 'build'), { recursive: true })
    try {
      for (const block of blocksIn(DOCUMENT))
        if (block.kind === 'file') await write(block)
        else for (const command of commandsIn(block)) await run(command)
      expect(await readFile(join(dir, 'opt/gateway/version'), 'utf8')).toBe('2.0\n')
    } finally {
      await daemon?.[Symbol.asyncDispose]()
    }
  })
})
