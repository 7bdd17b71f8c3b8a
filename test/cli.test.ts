import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { LOCAL, REMOTE } from '../src/cli/commands.ts'
import { openApi } from './support/api.ts'
import { type Cloned, cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, run, startMuster } from './support/command.ts'
import { runHere } from './support/run-here.ts'
import { SAMPLED, sample } from './support/sample.ts'

const PASSWORD = 'a long password'

let scratch: string
let env: Record<string, string>
const servers: RunningServer[] = []
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  env = { MUSTER_DATA_DIR: join(scratch, 'data') }
})
afterEach(async () => {
  for (const server of servers.splice(0)) if (server.child.exitCode === null) await server.kill('SIGTERM')
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const serve = async (settings = env): Promise<RunningServer> => {
  const server = await startMuster(settings)
  servers.push(server)
  return server
}

async function logIn(url: string, email: string, password: string) {
  const authorization = `Basic ${btoa(`${email}:${password}`)}`
  return openApi(url).post('/api/management/v1/useradm/auth/login', undefined, { authorization })
}

const shownPassword = (output: string) => output.match(/Password +(\S+)/)?.[1]

describe('muster serve', () => {
  test('reports a port in use without losing the first password', async () => {
    const taken: Server = createServer()
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
    const { port } = taken.address() as { port: number }
    const refused = await run(['serve'], { ...env, MUSTER_PORT: String(port) })
    taken.close()
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toBe(
      `Cannot listen on 127.0.0.1:${port}: the port is in use. ` +
        'Stop the program that uses it, or choose another port with MUSTER_PORT.\n',
    )
    const server = await serve()
    await expect.poll(() => shownPassword(server.output())).toBeTypeOf('string')
  })

  test('prints the first login once, and it works', async () => {
    const data = { MUSTER_DATA_DIR: join(scratch, 'first') }
    const first = await serve(data)
    await expect.poll(() => shownPassword(first.output())).toBeTypeOf('string')
    const password = shownPassword(first.output()) ?? ''
    expect((await logIn(first.url, 'admin@example.com', password)).status).toBe(200)
    expect(first.output()).toContain(data.MUSTER_DATA_DIR)
    expect(await first.kill('SIGTERM')).toBe(0)
    const again = await serve(data)
    expect((await logIn(again.url, 'admin@example.com', password)).status).toBe(200)
    expect(await again.kill('SIGTERM')).toBe(0)
    expect(again.output()).not.toMatch(/Password/)
  })

  test('never prints a configured password', async () => {
    const server = await serve({
      ...{ MUSTER_DATA_DIR: join(scratch, 'configured'), MUSTER_LOG_LEVEL: 'trace' },
      ...{ MUSTER_ADMIN_EMAIL: 'Boss@example.com', MUSTER_ADMIN_PASSWORD: PASSWORD },
    })
    await expect.poll(async () => (await logIn(server.url, 'boss@example.com', PASSWORD)).status).toBe(200)
    expect(await server.kill('SIGTERM')).toBe(0)
    expect(server.output()).not.toContain(PASSWORD)
  })

  test.each(['SIGTERM', 'SIGINT'])('stops within seconds after %s, with exit code 0', async (signal) => {
    const server = await serve()
    await fetch(`${server.url}/health`)
    const begun = Date.now()
    expect(await server.kill(signal)).toBe(0)
    expect(Date.now() - begun).toBeLessThan(30_000)
  })

  test('does not start a second time on the same data, and the first server continues', async () => {
    const server = await serve()
    const second = await run(['serve'], { ...env, MUSTER_PORT: '0' })
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toBe(
      `Another Muster server is using ${env.MUSTER_DATA_DIR}. ` +
        `Stop it first, or give this one its own MUSTER_DATA_DIR.\n`,
    )
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  })

  test('starts again after kill -9, with its data', async () => {
    const server = await serve()
    expect((await run(['user', 'create', '--email', 'k@example.com', '--password', PASSWORD], env)).code).toBe(0)
    await server.kill('SIGKILL')
    const again = await serve()
    expect((await logIn(again.url, 'k@example.com', PASSWORD)).status).toBe(200)
  })

  test('reports all errors of the configuration at once and without secrets', async () => {
    const refused = await run(['serve'], {
      ...{ MUSTER_PORT: 'eighty', MUSTER_LOG_LEVEL: 'loud', MUSTER_TLS_KEY: 'key.pem' },
      ...{ DATABASE_URL: 'mysql://muster:hunter22@db/muster', MUSTER_ADMIN_PASSWORD: 'hunter2' },
    })
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    for (const name of ['MUSTER_PORT', 'MUSTER_LOG_LEVEL', 'MUSTER_TLS_CERT', 'DATABASE_URL', 'MUSTER_ADMIN_PASSWORD'])
      expect(refused.stderr).toContain(name)
    expect(refused.stderr).not.toMatch(/hunter2|at .*\.[jt]s/)
  })

  test('reports an unreachable database', async () => {
    const refused = await run(['serve'], { ...env, DATABASE_URL: 'postgres://muster:hunter22@127.0.0.1:1/muster' })
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^The database cannot be used: .*ECONNREFUSED.*Check DATABASE_URL\.\n$/)
    expect(refused.stderr).not.toContain('hunter22')
  })
})

describe('tenants and users', () => {
  test('are created while the server runs, and can sign in', async () => {
    const server = await serve()
    const tenant = await run(
      [
        'tenant',
        'create',
        '--name',
        'Fleet',
        '--plan',
        'os',
        '--email',
        't@example.com',
        '--password',
        PASSWORD,
        '--json',
      ],
      env,
    )
    expect(tenant).toMatchObject({ code: 0, stderr: '' })
    const { tenant_id, tenant_token } = JSON.parse(tenant.stdout)
    expect(tenant_token.split('.')).toHaveLength(3)
    const user = await run(
      [
        'user',
        'create',
        '--tenant',
        tenant_id,
        '--email',
        'u@example.com',
        '--password',
        '-',
        '--role',
        'RBAC_ROLE_CI',
        '--json',
      ],
      env,
      `${PASSWORD}\n`,
    )
    expect(user).toMatchObject({ code: 0, stderr: '' })
    for (const email of ['t@example.com', 'u@example.com']) {
      const { status, text } = await logIn(server.url, email, PASSWORD)
      expect(status).toBe(200)
      const claims = JSON.parse(atob(text.split('.')[1] ?? ''))
      expect(claims).toMatchObject({ 'mender.tenant': tenant_id, 'mender.plan': 'os' })
      if (email.startsWith('u')) expect(claims.sub).toBe(JSON.parse(user.stdout).user_id)
    }
  })

  test('are created without a server, by several commands at once', async () => {
    const emails = ['one', 'two', 'three'].map((name) => `${name}@example.com`)
    const made = await Promise.all(
      emails.map((email) => run(['user', 'create', '--email', email, '--password', PASSWORD], env)),
    )
    for (const one of made)
      expect(one).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^User ID/) })
    const server = await serve()
    for (const email of emails) expect((await logIn(server.url, email, PASSWORD)).status).toBe(200)
  })

  test('are listed, shown, suspended and resumed, and get another plan and limit, while the server runs', async () => {
    const server = await serve()
    const muster = async (...argv: string[]) => {
      const ended = await runHere(argv, env)
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      return ended.stdout
    }
    const login = ['--email', 'ops@example.com', '--password', PASSWORD]
    const { tenant_id, tenant_token } = JSON.parse(
      await muster('tenant', 'create', '--name', 'Ops', ...login, '--json'),
    )
    const on = ['--tenant', tenant_id]
    const signIn = async () => (await logIn(server.url, 'ops@example.com', PASSWORD)).status
    const tenant = { id: tenant_id, name: 'Ops', plan: 'enterprise', trial: false, status: 'active', max_devices: -1 }
    expect(JSON.parse(await muster('tenant', 'show', ...on, '--json'))).toMatchObject({ ...tenant, tenant_token })
    expect(JSON.parse(await muster('tenant', 'suspend', ...on, '--json'))).toMatchObject({ status: 'suspended' })
    expect(await signIn()).toBe(401)
    expect(await muster('tenant', 'resume', ...on)).toMatch(/^Status {8}active$/m)
    expect(await signIn()).toBe(200)
    expect(await muster('tenant', 'set-plan', ...on, '--plan', 'os')).toMatch(/^Plan {10}os$/m)
    const limited = await muster('tenant', 'set-max-devices', ...on, '--max-devices', '25', '--json')
    expect(JSON.parse(limited)).toMatchObject({ ...tenant, plan: 'os', max_devices: 25 })
    const unlimited = await muster('tenant', 'set-max-devices', ...on, '--max-devices', 'unlimited')
    expect(unlimited).toMatch(/^Device limit {2}unlimited$/m)
    const listed = JSON.parse(await muster('tenant', 'list', '--json'))
    expect(listed).toContainEqual(expect.objectContaining({ ...tenant, plan: 'os' }))
    const lines = (await muster('tenant', 'list')).split('\n')
    expect(lines[0]).toMatch(/^TENANT ID +NAME +PLAN +STATUS +DEVICE LIMIT$/)
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${tenant_id} +Ops +os +active +unlimited$`)))
  })

  test('a tenant is not created if its user cannot be', async () => {
    const server = await serve()
    const create = (name: string) =>
      run(['tenant', 'create', '--name', name, '--email', 'once@example.com', '--password', PASSWORD, '--json'], env)
    expect((await create('First')).code).toBe(0)
    expect(await create('Second')).toEqual({ code: 1, stdout: '', stderr: 'user with a given email already exists\n' })
    expect((await logIn(server.url, 'once@example.com', PASSWORD)).status).toBe(200)
  })
})

describe('a refused command', () => {
  let database: Cloned
  let here: Record<string, string>
  beforeAll(async () => {
    database = await cloneDatabase()
    here = { ...env, DATABASE_URL: database.url }
  })
  afterAll(() => database.drop())

  test.each([['show'], ['suspend'], ['resume'], ['set-plan', '--plan', 'os']])(
    'reports an unknown tenant: %s',
    async (...argv) => {
      const ended = await runHere(['tenant', ...argv, '--tenant', 'nowhere'], here)
      expect(ended).toEqual({
        code: 1,
        stdout: '',
        stderr: 'There is no tenant nowhere: "muster tenant list" shows the tenants.\n',
      })
    },
  )

  test.each([
    [
      'an unknown tenant',
      ['--tenant', 'nowhere', '--password', PASSWORD],
      'There is no tenant nowhere: "muster tenant list" shows the tenants.\n',
    ],
    ['a short password', ['--password', 'hunter2'], 'password: must be minimum 8 characters long\n'],
    [
      'an unknown role',
      ['--password', PASSWORD, '--role', 'KING'],
      expect.stringMatching(/^There is no role KING: choose/),
    ],
  ])('creates no user, and says why: %s', async (_why, options, stderr) => {
    expect(await runHere(['user', 'create', '--email', 'x@example.com', ...options], here)).toEqual({
      code: 1,
      stdout: '',
      stderr,
    })
  })
})

describe('the command line', () => {
  test.each([
    [['frobnicate'], 'Unknown command "frobnicate".\nSee "muster --help".'],
    [['user'], '"user" needs a subcommand: create.\nSee "muster user --help".'],
    [['storage', '--to', 's3'], '"storage" needs a subcommand: move.\nSee "muster storage --help".'],
    [['user', 'create', '--email', 'x@example.com'], '--password is required.\nSee "muster user create --help".'],
    [['tenant', 'create', '--name', 'x', '--plan', 'gold'], '--plan must be one of os, professional, enterprise.'],
    [['tenant', 'create', '--name', 'x', '--email', 'a@b.c'], 'Give --email and --password together, or neither.'],
    [['tenant', 'show'], '--tenant is required.\nSee "muster tenant show --help".'],
    [['tenant', 'set-plan', '--tenant', 'x'], '--plan must be one of os, professional, enterprise.'],
    ...['', '-1', '1.5', 'many', '99999999999'].map((limit): [string[], string] => [
      ['tenant', 'set-max-devices', '--tenant', 'x', `--max-devices=${limit}`],
      '--max-devices must be a number from 0 to 2147483647, or unlimited.',
    ]),
    [['demo', '--devices', '1.5e1'], '--devices must be a number from 20 to 2000.\nSee "muster demo --help".'],
    [['demo', '--failure-rate', 'often'], '--failure-rate must be a number from 0 to 1.'],
    [['serve', '--port', '1'], 'Unknown option \'--port\'.\nSee "muster serve --help".'],
    [['completion', 'tcsh'], 'SHELL must be bash, zsh or fish.'],
  ])('%j prints the error in one line, the help command in another, and exits with code 2', async (argv, stderr) => {
    const refused = await runHere(argv, env)
    expect(refused).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(stderr) })
    expect(refused.stderr).toMatch(/^.+\nSee "muster [a-z -]*--help"\.\n$/)
  })

  test.each([
    [['sevre'], '"serve"'],
    [['artifcats', 'list'], '"artifacts list"'],
    [['artifcats', '--json'], '"artifacts"'],
    [['devices', 'acept', 'x'], '"accept"'],
    [['uplaod'], ''],
    [['upload', 'x.mender'], '"artifacts upload"'],
    [['watch'], '"deployments watch"'],
    [['tenant', 'shwo'], '"show"'],
    [['tenant', 'list', '--jsno'], '"--json"'],
    [['deployments', 'create', '--artefact', 'x'], '"--artifact"'],
    [['deployments', 'create', '--retrys=2'], '"--retries"'],
    [['completion', 'bsah'], '"bash"'],
    [['devices', 'list', '--frobnicate'], ''],
  ])('%j suggests %s', async (argv, meant) => {
    const { code, stderr } = await runHere(argv, env)
    expect(code).toBe(2)
    expect(/Did you mean (.*)\?\n/.exec(stderr)?.[1] ?? '').toBe(meant)
  })

  test('every command and option with a missing letter is suggested', async () => {
    for (const [name, { options }] of Object.entries({ ...LOCAL, ...REMOTE })) {
      const mistyped = name.slice(0, -2) + name.slice(-1)
      expect((await runHere(mistyped.split(' '), env)).stderr).toContain(`"${name.split(' ').at(-1)}"`)
      for (const option of Object.keys(options).filter((one) => one.length > 3)) {
        const { stderr } = await runHere([...name.split(' '), `--${option.slice(0, -2)}${option.slice(-1)}`], env)
        expect(stderr).toContain(`"--${option}"`)
      }
    }
  })

  test.each([
    ['only on a terminal', {}, false],
    ['if forced', { FORCE_COLOR: '1' }, true],
    ['not if disabled by FORCE_COLOR', { FORCE_COLOR: '0' }, false],
    ['if forced in spite of NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('colors are used %s', async (_where, colors, are) => {
    const { stderr } = await runHere(['frobnicate'], { ...env, ...colors })
    expect(stderr.includes('\u001b[31m')).toBe(are)
    expect(stderr).toContain('Unknown command "frobnicate".')
  })

  test('a password of two words without quotes is not printed', async () => {
    const refused = await runHere(
      ['user', 'create', '--email', 'x@example.com', '--password', 'hunter2', 'hunter3'],
      env,
    )
    expect(refused.code).toBe(2)
    expect(refused.stderr).not.toMatch(/hunter/)
  })

  test.each([['--help'], ['-h'], ['help']])('%s lists the commands', async (argument) => {
    const { code, stdout } = await runHere([argument])
    expect(code).toBe(0)
    for (const name of [...Object.keys(LOCAL), ...Object.keys(REMOTE)])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  test.each([...Object.keys(LOCAL), ...Object.keys(REMOTE)].map((name) => [name]))(
    '%s --help explains it',
    async (name) => {
      const { code, stdout, stderr } = await runHere([...name.split(' '), '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain(`Usage: muster ${name}`)
    },
  )

  test('migrate prepares an unused database', async () => {
    const data = { MUSTER_DATA_DIR: join(scratch, 'migrated') }
    expect(await run(['migrate'], data)).toEqual({ code: 0, stdout: 'The database is up to date.\n', stderr: '' })
  })
})

test.each(sample(['0', '1'], { of: 2, offset: 0 }))(
  `the demo with a failure rate of %s shows a rollout that stops itself (${SAMPLED})`,
  async (rate) => {
    const tmp = await mkdtemp(join(scratch, 'tmp-'))
    const demo = await run(['demo', '--devices', '40', '--failure-rate', rate], { TMPDIR: tmp })
    expect(demo).toMatchObject({ code: 0, stderr: '' })
    expect(demo.stdout).toMatch(/phase 1: 3 of 3 started; phase 2: [2-6] of 6 started; phase 3: waiting; .*; Paused: /)
    expect(demo.stdout).toMatch(
      /stopped itself\. \d of \d devices failed in phase 2 \(.*\): paused by the failure policy/,
    )
    const failures =
      rate === '0' ? /[23] {2}of the type sensor: error: .* does not find the sensor bus/ : / of the type /
    expect(/\nFailed devices:\n([\s\S]*)The other 2\d devices have had no offer:\n/.exec(demo.stdout)?.[1]).toMatch(
      failures,
    )
    expect(demo.stdout).toMatch(/\n +The deployment has been paused since .* UTC: \d of \d devices failed in phase 2/)
    expect(demo.stdout).toMatch(/\nRolling the [5-9] devices .* back to firmware-1\.0:\n[\s\S]* already installed/)
    expect(demo.stdout).toMatch(/The deployment is finished:\n[\s\S]* 8 {2}outside the filter[\s\S]*npm start/)
    expect(demo.stdout.includes('failed after 2 attempts')).toBe(rate === '1')
    expect((await readdir(tmp)).filter((name) => name.startsWith('muster'))).toEqual([])
  },
)
