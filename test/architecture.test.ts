import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

const importsOf = (file: string): string[] =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, resolve(SRC, dirname(file), path ?? '')),
  )

const DOMAINS = ['events', 'auth', 'inventory', 'artifacts', 'deployments']
const FOUNDATION_FOLDERS = ['db', 'blobs', 'metrics', 'texts']
const FOUNDATIONS = [
  'errors.ts',
  'env.ts',
  'config.ts',
  'version.ts',
  'text.ts',
  'repeat.ts',
  'tls.ts',
  'error-code.ts',
  'throttle.ts',
  'byte-sink.ts',
]

/** Higher may import lower or equal, never the other way. */
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

/** The folders of a domain; each may import from those before it. `.` is the root, which is first where it is not listed. */
const SUB_DOMAINS: Record<string, string[]> = {
  auth: ['guesses', 'users', 'tenants', 'sessions', 'devices'],
  // The nouns of filters are made of patterns.
  inventory: ['patterns', '.', 'filters', 'attributes', 'groups', 'devices'],
  deployments: ['rows', 'devices', 'orders', 'poll', 'reports', 'views', 'upkeep'],
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
  const nouns = files.filter((file) => /^(inventory|deployments)\/[^/]+$/.test(file))
  const acting = nouns.filter((file) => importsOf(file).some((target) => /^(db|blobs)\/|^env\.ts$/.test(target)))
  expect(acting).toEqual([])
})

test('the web UI runs nothing of the server but texts, which import nothing else', () => {
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

test('numbers, sizes and times are written out in one place for the web UI and the command line', () => {
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

test('foundations know no domain, and routes hold no SQL', () => {
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

/** Files with several exported functions that take the environment, each with the reason. */
const SEVERAL_USE_CASES: Record<string, string> = {
  'artifacts/artifact-link.ts': 'signs links and verifies the signature',
  'auth/guesses/limit-guesses.ts': 'the limits of one mechanism, side by side to be compared',
  'auth/tenants/find-tenant.ts': ONE_AND_ALL,
  'auth/users/find-roles.ts': ONE_AND_ALL,
  'auth/users/find-user.ts': ONE_AND_ALL,
  'deployments/poll/active-deployments.ts': MEMORY,
  'deployments/poll/idle-devices.ts': MEMORY,
  'inventory/attributes/check-ins.ts': MEMORY,
  'inventory/attributes/known-reports.ts': MEMORY,
  'inventory/filters/find-filters.ts': ONE_AND_ALL,
}

test('a verb file exports one use case', () => {
  const several = files.filter(
    (file) =>
      DOMAINS.includes(file.split('/')[0] ?? '') &&
      [...readFileSync(join(SRC, file), 'utf8').matchAll(USE_CASE)].length > 1,
  )
  expect(several.sort()).toEqual(Object.keys(SEVERAL_USE_CASES).sort())
})

test('the header If-Match is read in one place', () => {
  const reading = files.filter((file) => /['"]if-match['"]/i.test(readFileSync(join(SRC, file), 'utf8')))
  expect(reading).toEqual(['http/if-match.ts'])
})

test('auth sets are changed only where it is known what the end of a token needs', () => {
  const WRITING = /(insert into|update|delete from) auth_sets/
  const writing = files.filter((file) => WRITING.test(readFileSync(join(SRC, file), 'utf8')))
  expect(writing.sort()).toEqual(
    ['accept-auth-set', 'end-tokens', 'introduce-device', 'remove-auth-set'].map((name) => `auth/devices/${name}.ts`),
  )
})

test('the version of a device is raised only where raise-version.ts says', () => {
  const doc = readFileSync(join(SRC, 'auth/devices/raise-version.ts'), 'utf8')
  const raising = files.filter(
    (file) =>
      file !== 'auth/devices/raise-version.ts' &&
      /device_version = (d\.)?device_version \+ 1|\braiseVersion\(/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(raising.length).toBeGreaterThan(5)
  expect(raising.filter((file) => !doc.includes(`\`${file.replace('auth/devices/', '')}\``))).toEqual([])
})

test('only doors touch the process environment, the clock and the disk', () => {
  // The web UI's one page is read when the server starts.
  const doors =
    /^(db|blobs|cli|simulate|backup)\/|^http\/web-ui\.ts$|^(main|cli|app|config|serve|open-env|tls|version)\.ts$/
  const touching = files.filter(
    (file) =>
      !doors.test(file) &&
      /process\.env|new Date\(\)|Date\.now\(\)|node:fs/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(touching).toEqual([])
})

test('no file is long', () => {
  const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 250)
  expect(long).toEqual([])
})
