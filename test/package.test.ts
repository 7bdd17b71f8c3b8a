import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installed, install, pack, serve } from './support/installed.ts'
import { rare } from './support/sample.ts'

// The output of `npm pack` is installed into an empty directory, and used from there.

const PASSWORD = 'a long password'

let scratch: string
let files: string[]
let muster: Installed
let env: Record<string, string>
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-package-'))
  await chmod(scratch, 0o755)
  const packed = await pack(scratch)
  files = packed.files
  muster = await install(packed.tarball, join(scratch, 'app'))
  env = {
    ...{ MUSTER_DATA_DIR: join(scratch, 'data'), MUSTER_ADMIN_PASSWORD: PASSWORD, MUSTER_LOG_LEVEL: 'error' },
    XDG_CONFIG_HOME: join(scratch, 'home'),
  }
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

test('the package contains the program, the files that it reads and its launcher, and nothing else', async () => {
  const unexpected = files.filter(
    (name) =>
      !/^(bin\/muster\.js|deploy\/[^/]+|dist\/.+(?<!\.map)|scripts\/(hash-thread|ready)\.js)$/.test(name) &&
      !/^(src\/db\/migrations\/[^/]+\.sql|package\.json|README\.md|LICENSE)$/.test(name),
  )
  expect(unexpected).toEqual([])
  const migrations = await readdir(join(import.meta.dirname, '..', 'src', 'db', 'migrations'))
  for (const name of migrations.filter((one) => one.endsWith('.sql')))
    expect(files).toContain(`src/db/migrations/${name}`)
  expect(files).toContain('dist/web/index.html')
})

test.runIf(process.getuid?.() === 0)('an error names the directory that PostgreSQL cannot enter', async () => {
  await chmod(scratch, 0o700)
  await expect(muster.muster(['migrate'], env)).rejects.toThrow(/cannot reach .*initdb\. Install Muster in a directory/)
  await chmod(scratch, 0o755)
})

test('the installed command prints the version of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
  expect(await muster.muster(['--version'])).toBe(`${version}\n`)
})

test('a server is prepared, started, managed, backed up and restored', async () => {
  expect(await muster.muster(['migrate'], env)).toBe('The database is up to date.\n')
  const server = await serve(muster, env)
  try {
    expect((await fetch(`${server.url}/api/docs`)).status).toBe(200)
    expect(await (await fetch(server.url, { headers: { accept: 'text/html' } })).text()).toContain('<script')

    const user = ['user', 'create', '--email', 'ops@example.com', '--password', PASSWORD, '--json']
    expect(JSON.parse(await muster.muster(user, env))).toMatchObject({ user_id: expect.any(String) })
    expect(JSON.parse(await muster.muster(['tenant', 'list', '--json'], env))).toHaveLength(1)

    const login = ['login', '--url', server.url, '--email', 'ops@example.com', '--password', PASSWORD]
    expect(await muster.muster(login, env)).toContain('Logged in')
    const artifact = join(scratch, 'small.mender')
    await muster.muster(['simulate', 'artifact', artifact, '--name', 'firmware-2', '--device-type', 'board'])
    // Hashed in a separate thread.
    await muster.muster(['artifacts', 'upload', artifact], env)
    expect(await muster.muster(['artifacts', 'list'], env)).toContain('firmware-2')

    await muster.muster(['backup', join(scratch, 'backup')], env)
  } finally {
    await server.stop('SIGTERM')
  }
  const restored = { ...env, MUSTER_DATA_DIR: join(scratch, 'restored') }
  await muster.muster(['restore', join(scratch, 'backup')], restored)
  expect(JSON.parse(await muster.muster(['tenant', 'list', '--json'], restored))).toHaveLength(1)
})

rare('the demo rolls out, and stops at Ctrl-C', async () => {
  const tmp = await mkdtemp(join(scratch, 'tmp-'))
  const demo = muster.start(['demo', '--devices', '40'], { TMPDIR: tmp })
  await expect.poll(() => demo.output(), { timeout: 180_000 }).toMatch(/phase 1: \d+ of \d+ started/)
  await demo.stop('SIGINT')
  expect(await readdir(tmp)).toEqual([])
})
