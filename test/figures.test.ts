import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serveCommand } from '../src/cli/serve.ts'
import { readConfig } from '../src/config.ts'
import { BATCH } from '../src/deployments/upkeep/write-aborts.ts'
import { AT_ONCE, MOST_WAITING } from '../src/http/device/authentication.ts'
import { MAX_IN_FLIGHT, MAX_QUEUED } from '../src/http/traffic/shed-load.ts'
import { MAX_CONNECTIONS, MAX_TOTAL_CONNECTIONS } from '../src/open-env.ts'
import { BACKGROUND_POOL_SIZE } from '../src/serve.ts'

// What the documents say in figures and names is what the program does.

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const namesIn = (text: string) =>
  [...new Set(text.match(/\b(MUSTER_[A-Z0-9_]+|DATABASE_(REPLICA_)?URL)\b/g) ?? [])].sort()
const withoutS3 = (names: string[]) => names.filter((name) => !name.startsWith('MUSTER_S3_'))

const table = read('README.md')
  .split('\n')
  .filter((line) => /^\| `(MUSTER|DATABASE)_/.test(line))

test('every setting that is read is in the table of the README and in the help of serve, and no other', () => {
  const settings = withoutS3(namesIn(read('src/config.ts')))
  const named = table.flatMap((line) => namesIn(line.split('|')[1] ?? ''))
  expect(withoutS3(named).sort()).toEqual(settings)
  const options = serveCommand.help.split('\n').flatMap((line) => /^ {2}([A-Z]\S+)/.exec(line)?.[1] ?? [])
  expect(withoutS3(options).sort()).toEqual(settings)
})

test('every setting of S3 is in its document', () => {
  const named = namesIn(read('docs/s3.md'))
  for (const name of namesIn(read('src/blobs/s3-config.ts'))) expect(named).toContain(name)
})

test('the defaults that the README and the help of serve give are those of the program', () => {
  const { host, port, database_timeout_s, workers, log_level, admin_email } = readConfig({})
  const defaults = {
    ...{ MUSTER_HOST: host, MUSTER_PORT: port, MUSTER_DATABASE_TIMEOUT_S: database_timeout_s, MUSTER_WORKERS: workers },
    ...{ MUSTER_LOG_LEVEL: log_level, MUSTER_ADMIN_EMAIL: admin_email },
  }
  for (const [name, value] of Object.entries(defaults)) {
    expect(table.find((line) => line.startsWith(`| \`${name}\` `))).toMatch(new RegExp(`\\| \`${value}\` \\|$`))
    expect(serveCommand.help).toMatch(new RegExp(`${name}\\s[^(]*\\(${value}\\)`))
  }
})

test('the figures of docs/operations.md and of the decisions are those of the program', () => {
  const operations = read('docs/operations.md').replaceAll(',', '')
  expect(operations).toContain(`takes up to ${MAX_CONNECTIONS} connections`)
  expect(operations).toContain(`together up to ${MAX_TOTAL_CONNECTIONS}; and ${BACKGROUND_POOL_SIZE} a machine`)
  expect(operations).toContain(
    `${MAX_CONNECTIONS + BACKGROUND_POOL_SIZE} to ${MAX_TOTAL_CONNECTIONS + BACKGROUND_POOL_SIZE} a machine with servers`,
  )
  expect(read('docs/decisions/002-offers-and-reports-under-one-lock-order.md')).toContain(`of ${BATCH} (`)
  expect(operations).toContain(`${AT_ONCE} are worked at ${MOST_WAITING} wait`)
  for (const figure of [...Object.values(MAX_IN_FLIGHT), MAX_QUEUED]) expect(operations).toContain(String(figure))
})

test('no text tells people to run npx muster, which outside of a clone is another package', () => {
  const below = ['docs', 'src', 'web'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const texts = ['README.md', ...below].filter((name) => /\.(md|tsx?)$/.test(name))
  expect(texts.filter((name) => read(name).includes('npx muster'))).toEqual([])
})
