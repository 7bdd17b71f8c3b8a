import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

const importsOf = (file: string): string[] =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, resolve(SRC, dirname(file), path ?? '')),
  )

const DOMAINS = ['events', 'webhooks', 'auth', 'inventory', 'artifacts', 'deployments', 'deviceconfig', 'ddi']
const FOUNDATION_FOLDERS = ['config', 'db', 'blobs', 'metrics', 'texts', 'outgoing']
const FOUNDATIONS = [
  'errors.ts',
  'error-codes.ts',
  'rollout-errors.ts',
  'ddi-errors.ts',
  'sign-in-errors.ts',
  'addon-errors.ts',
  'mail-errors.ts',
  'idempotency-errors.ts',
  'refusal.ts',
  'env.ts',
  'config.ts',
  'package-dir.ts',
  'version.ts',
  'text.ts',
  'text-set.ts',
  'csv.ts',
  'map-chunks.ts',
  'repeat.ts',
  'tls.ts',
  'has-code.ts',
  'throttle.ts',
  'byte-sink.ts',
]

/** A file may import from its own level and from lower ones. */
function level(file: string): number {
  const [folder = ''] = file.split('/')
  if (FOUNDATIONS.includes(file) || FOUNDATION_FOLDERS.includes(folder)) return 0
  if (DOMAINS.includes(folder)) return 1 + DOMAINS.indexOf(folder)
  if (folder === 'http') return 10
  if (file === 'app.ts' || file === 'open-env.ts') return 11
  return 12
}

test('imports point downward', () => {
  const upward = files
    .flatMap((file) => importsOf(file).map((target) => [file, target] as const))
    .filter(([file, target]) => level(target) > level(file))
  expect(upward).toEqual([])
})

/** The folders of a domain; each may import from those before it. `.` is the root, which comes first if not listed. */
const SUB_DOMAINS: Record<string, string[]> = {
  webhooks: ['.', 'integrations', 'delivery'],
  auth: ['guesses', 'users', 'links', 'tenants', 'sessions', 'providers', 'devices'],
  // The nouns of filters use patterns.
  inventory: ['patterns', '.', 'filters', 'attributes', 'groups', 'devices'],
  // The nouns of rollouts know nothing of deployments.
  deployments: ['rollout', '.', 'rows', 'pacing', 'devices', 'orders', 'poll', 'reports', 'views', 'upkeep'],
  deviceconfig: ['.', 'rows', 'management', 'device'],
  ddi: ['.', 'rows', 'access', 'actions', 'management'],
}

test('sub-domains import from those before them', () => {
  const rank = (file: string): number => {
    const [domain = '', folder = '', ...rest] = file.split('/')
    return (SUB_DOMAINS[domain] ?? []).indexOf(rest.length === 0 ? '.' : folder)
  }
  const within = files.filter((file) => Object.hasOwn(SUB_DOMAINS, file.split('/')[0] ?? ''))
  expect(within.filter((file) => file.split('/').length === 3 && rank(file) < 0)).toEqual([])
  const wrong = within.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.split('/')[0] === file.split('/')[0] && rank(target) > rank(file))
      .map((target) => [file, target]),
  )
  expect(wrong).toEqual([])
})

test('the nouns at the root of inventory and deployments touch neither the database nor the environment', () => {
  const nouns = files.filter((file) => /^(inventory|deployments)\/(rollout\/)?[^/]+$/.test(file))
  const acting = nouns.filter((file) => importsOf(file).some((target) => /^(db|blobs)\/|^env\.ts$/.test(target)))
  expect(acting).toEqual([])
})

test('the web UI imports no code of the server except texts, which import nothing else', () => {
  const WEB = resolve(SRC, '../web')
  const pages = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  const values = pages.flatMap((page) =>
    [...readFileSync(join(WEB, page), 'utf8').matchAll(/^import (?!type )[^']* from '[./]+\/src\/([^']+)'/gm)].map(
      ([, path]) => [page, path],
    ),
  )
  expect(values.length).toBeGreaterThan(0)
  expect(values.filter(([, path]) => !path?.startsWith('texts/'))).toEqual([])
  const imported = files.filter((file) => file.startsWith('texts/')).flatMap(importsOf)
  expect(imported.filter((target) => !target.startsWith('texts/'))).toEqual([])
})

test('numbers, sizes and times are formatted in one place for the web UI and the command line', () => {
  const WEB = resolve(SRC, '../web')
  const sources = [
    ...readdirSync(WEB, { recursive: true, encoding: 'utf8' }).map((name) => join(WEB, name)),
    ...files.filter((file) => file.startsWith('cli/')).map((file) => join(SRC, file)),
  ].filter((path) => /\.tsx?$/.test(path))
  const writing = sources.filter((path) =>
    /\bIntl\.|toLocale(?!LowerCase|UpperCase)|\b[KMG]i?B\b/.test(readFileSync(path, 'utf8')),
  )
  expect(writing.map((path) => relative(SRC, path))).toEqual([])
})

test('the client of the API, which is also a package of its own, imports nothing else', () => {
  const client = files.filter((file) => file.startsWith('client/'))
  expect(client).toContain('client/index.ts')
  expect(client.flatMap(importsOf).filter((target) => !target.startsWith('client/'))).toEqual([])
  const packages = client.flatMap((file) => [...read(file).matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name))
  expect(packages.filter((name) => !name?.startsWith('node:'))).toEqual([])
})

test('the command line takes the types of the API from its client', () => {
  const untyped = files.filter((file) => /^cli\/(?!remote\/)/.test(file) && /\bopenManager\(/.test(read(file)))
  // Its simulated devices are accepted by requests that tests send, too.
  expect(untyped).toEqual(['cli/demo.ts'])
})

test('routes contain no SQL', () => {
  const sqlInRoutes = files.filter(
    (file) =>
      file.startsWith('http/') && file !== 'http/health.ts' && importsOf(file).some((target) => target === 'db/sql.ts'),
  )
  expect(sqlInRoutes).toEqual([])
})

const USE_CASE =
  /^export (?:async )?(?:function\*? |const )(\w+)(?: = (?:async )?)?(?:<[^(]*>)?\(\s*(?:env|\{[^\n]*\}): (?:Env|Pick<Env)\b/gm

const MEMORY = 'state of a process, and the functions that read and write it'
const ONE_AND_ALL = 'one row and the list of all, by the same statement or by three lines each'
const WITH_AND_WITHOUT_PROMISE = 'one use case, by promise and, for what devices do all the time, by callback'

/** Files with several exported functions that take the environment, each with the reason. */
const SEVERAL_USE_CASES: Record<string, string> = {
  'artifacts/artifact-link.ts': 'signs links and verifies the signature',
  'artifacts/configuration-link.ts': 'signs links and verifies the signature',
  'artifacts/link-signature.ts': 'makes signatures and verifies them',
  'auth/guesses/limit-guesses.ts': 'the limits of one mechanism, side by side to be compared',
  'auth/providers/find-providers.ts': ONE_AND_ALL,
  'auth/tenants/find-tenant.ts': ONE_AND_ALL,
  'auth/users/find-roles.ts': ONE_AND_ALL,
  'auth/users/find-user.ts': ONE_AND_ALL,
  'deployments/poll/active-deployments.ts': MEMORY,
  'deployments/poll/idle-devices.ts': MEMORY,
  'deployments/poll/still-idle.ts': WITH_AND_WITHOUT_PROMISE,
  'deployments/views/find-troubles.ts': 'of one tenant and of all tenants, by the same statement',
  'inventory/attributes/check-ins.ts': MEMORY,
  'inventory/attributes/known-reports.ts': MEMORY,
  'inventory/attributes/still-reported.ts': WITH_AND_WITHOUT_PROMISE,
  'inventory/filters/find-filters.ts': ONE_AND_ALL,
  'webhooks/integrations/find-integrations.ts': ONE_AND_ALL,
  'webhooks/list-deliveries.ts': 'a page and the list of all, by the same statement',
}

test('a verb file exports one use case', () => {
  const several = files.filter(
    (file) =>
      DOMAINS.includes(file.split('/')[0] ?? '') &&
      [...readFileSync(join(SRC, file), 'utf8').matchAll(USE_CASE)].length > 1,
  )
  expect(several.sort()).toEqual(Object.keys(SEVERAL_USE_CASES).sort())
})

test('use cases choose between the primary and the replica, routes do not', () => {
  const choosing = files.filter(
    (file) => file.startsWith('http/') && /\.reads\b/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(choosing).toEqual([])
})

test('the header If-Match is read in one place', () => {
  // Clients send it.
  const reading = files.filter(
    (file) => !/^(cli|client)\//.test(file) && /['"]if-match['"]/i.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(reading).toEqual(['http/if-match.ts'])
})

test('auth sets are changed only by the files that also end the tokens', () => {
  const WRITING = /(insert into|update|delete from) auth_sets/
  const writing = files.filter((file) => WRITING.test(readFileSync(join(SRC, file), 'utf8')))
  // Who notices two machines changes nothing that a token depends on.
  const expected = ['accept-auth-set', 'end-tokens', 'introduce-device', 'note-shared-identity', 'remove-auth-set']
  expect(writing.sort()).toEqual(expected.map((name) => `auth/devices/${name}.ts`))
})

test('the device version is raised only by the files that raise-version.ts lists', () => {
  const doc = readFileSync(join(SRC, 'auth/devices/raise-version.ts'), 'utf8')
  const raising = files.filter(
    (file) =>
      file !== 'auth/devices/raise-version.ts' &&
      /device_version = (d\.)?device_version \+ 1|\braiseVersion\(/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(raising.length).toBeGreaterThan(5)
  expect(raising.filter((file) => !doc.includes(`\`${file.replace('auth/devices/', '')}\``))).toEqual([])
})

test('what triggers note of devices on one database, the program notes on a cluster', () => {
  const CHANGES = /device_version = (d\.)?device_version \+ 1|delete from devices\b|insert into device_deployments\b/
  const exceptions = {
    'inventory/attributes/checked-writes.ts': 'a part of statements that `write-distributed.ts` completes',
    'deployments/devices/end-for-device.ts': 'inserts what has ended',
  }
  const changing = files.filter((file) => CHANGES.test(readFileSync(join(SRC, file), 'utf8')))
  expect(changing.length).toBeGreaterThan(5)
  const silent = changing.filter((file) => !/\bnoteChanged\(/.test(readFileSync(join(SRC, file), 'utf8')))
  expect(silent.sort()).toEqual(Object.keys(exceptions).sort())
  // Which uses that part, and all that saves rows of devices.
  for (const file of ['inventory/attributes/write-distributed.ts', 'deployments/rows/change-rows.ts'])
    expect(readFileSync(join(SRC, file), 'utf8')).toMatch(/\bnoteChanged\(/)
})

test('only doors touch the process environment, the clock and the disk', () => {
  // The only page of the web UI is read when the server starts.
  const doors =
    /^(db|blobs|cli|simulate|backup)\/|^http\/web-ui\.ts$|^(main|cli|app|config|serve|open-env|tls|version)\.ts$/
  const touching = files.filter(
    (file) =>
      !doors.test(file) &&
      /process\.env|new Date\(\)|Date\.now\(\)|node:fs/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(touching).toEqual([])
})

const read = (file: string) => readFileSync(join(SRC, file), 'utf8')
const inDomain = (file: string) => DOMAINS.includes(file.split('/')[0] ?? '')

test('files of a domain that touch neither the database nor the environment are pure', () => {
  const IMPURE = /Math\.random|random(UUID|Bytes|Int)|Date\.now|new Date\(\)|performance\.now|setTimeout|worker_threads/
  // The salt of a password; a thread that computes hashes.
  const exceptions = ['auth/password.ts', 'artifacts/thread-hash.ts']
  const nouns = files.filter(
    (file) => inDomain(file) && !importsOf(file).some((target) => /^(db|blobs)\/|^env\.ts$/.test(target)),
  )
  const impure = nouns.filter((file) => IMPURE.test(read(file)))
  expect(impure.filter((file) => !exceptions.includes(file))).toEqual([])
})

test('a file that opens a transaction exports one use case', () => {
  const EXPORTED = /^export (?:async )?(?:function\*?|const) [a-z]/gm
  const exceptions = [
    // Creating a tenant inserts its first user in the same transaction.
    'auth/users/create-user.ts',
    // The state in memory that it saves.
    'inventory/attributes/check-ins.ts',
  ]
  const several = files.filter(
    (file) => inDomain(file) && /\.transaction\(/.test(read(file)) && (read(file).match(EXPORTED)?.length ?? 0) > 1,
  )
  expect(several.filter((file) => !exceptions.includes(file))).toEqual([])
})

/** The outermost templates of the tag `sql`, with the templates that are nested in them. */
function statementsIn(text: string): string[] {
  const statements: string[] = []
  for (let start = text.indexOf('sql`'); start >= 0; start = text.indexOf('sql`', start + 1)) {
    const end = endOfTemplate(text, start + 4)
    statements.push(text.slice(start, end))
    start = end - 1
  }
  return statements
}

/** `at`: the position after the backtick that opens the template. */
function endOfTemplate(text: string, at: number): number {
  const open = ['`']
  for (; open.length > 0; at++) {
    const inText = open.at(-1) === '`'
    if (text[at] === '\\') at++
    else if (text[at] === '`' && inText) open.pop()
    else if (text[at] === '`') open.push('`')
    else if (text[at] === '{' && (!inText || text[at - 1] === '$')) open.push('{')
    else if (text[at] === '}' && !inText) open.pop()
  }
  return at
}

test('statements go through the tag `sql`, and those on tables of tenants name the tenant', () => {
  const drivers = /^(db|backup)\//
  const plain = files.filter((file) => !drivers.test(file) && /\.(query|first)(<[^(]*>)?\((['"]|`)/.test(read(file)))
  expect(plain).toEqual([])

  const TABLES = [
    ...['users', 'roles', 'user_tokens', 'filters', 'releases', 'artifact\\w*', 'deployment\\w*', 'events'],
    ...['(effective_)?device\\w*', 'auth_sets', 'past_memberships', 'listed_devices', 'webhook\\w*', 'integrations'],
    ...['sign_in_providers', 'user_identities', 'provider_sessions', 'logout_tokens'],
    'idempotency_keys',
  ]
  const OF_TENANTS = new RegExp(`\\b(from|join|update|into) (${TABLES.join('|')})\\b`)
  /** The condition is built elsewhere and contains the tenant. */
  const takesCondition = (statement: string) => /where \$\{|\$\{(where|IS_TARGET)\}/.test(statement)
  // For all tenants: whether any user exists, metrics, retention.
  const exceptions = [
    ...['http/health.ts', 'auth/tenants/ensure-administrator.ts'],
    ...['deployments/rows/count-unfinished.ts', 'deployments/upkeep/prune-history.ts'],
    'auth/providers/prune-logout-tokens.ts',
  ]
  const nameless = files.filter((file) =>
    statementsIn(read(file)).some(
      (statement) => OF_TENANTS.test(statement) && !/tenant_id/.test(statement) && !takesCondition(statement),
    ),
  )
  expect(nameless.filter((file) => !exceptions.includes(file))).toEqual([])
})

test('refusals are created in errors.ts and those named after a subject beside it, except those of HTTP itself', () => {
  const places = [
    ...['errors.ts', 'rollout-errors.ts', 'ddi-errors.ts', 'idempotency-errors.ts', 'sign-in-errors.ts'],
    ...['addon-errors.ts', 'mail-errors.ts', 'refusal.ts'],
  ]
  const making = files.filter(
    (file) => !places.includes(file) && !file.startsWith('http/') && /new Refusal\(|\brefuse\(\d/.test(read(file)),
  )
  expect(making).toEqual([])
})

test('no file has more than 250 lines, but those that are generated', () => {
  const written = files.filter((file) => file !== 'client/api.ts')
  const long = written.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 250)
  expect(long).toEqual([])
})
