import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serveCommand } from '../src/cli/serve.ts'
import { GROUPS, type Setting } from '../src/config/settings.ts'
import { readConfig } from '../src/config.ts'

const ROOT = join(import.meta.dirname, '..')
const DOCUMENT = join(ROOT, 'docs', 'configuration.md')

const settings = Object.values(GROUPS).flatMap((group) => Object.entries(group))
const names = settings.map(([name]) => name)

const inCells = ([name, { meaning, default: fallback, otherwise = '' }]: [string, Setting]) =>
  `| \`${name}\` | ${meaning} | ${fallback ? `\`${fallback}\`` : otherwise} |`

const tableOf = (group: Readonly<Record<string, Setting>>) =>
  ['| Variable | Meaning | Default |', '|---|---|---|', ...Object.entries(group).map(inCells)].join('\n')

test('the tables of docs/configuration.md match the program: `vitest -u` updates them', async () => {
  const document = readFileSync(DOCUMENT, 'utf8')
  const headings = [...document.matchAll(/^## (.*)/gm)].map(([, title]) => title)
  expect(headings).toEqual(Object.keys(GROUPS))
  const written = document.replaceAll(
    /(^## (.*)\n[^|]*)(^\|.*(?:\n\|.*)*)/gm,
    (_, before: string, title: string) => before + tableOf(GROUPS[title] ?? {}),
  )
  await expect(written).toMatchFileSnapshot(DOCUMENT)
})

test('the help of serve lists every setting and its default', () => {
  const named = serveCommand.help.split('\n').flatMap((line) => /^ {2}([A-Z]\S+) {2}/.exec(line)?.[1] ?? [])
  expect(named).toEqual(names)
  const help = serveCommand.help.replaceAll(/\s+/g, ' ')
  for (const [name, { meaning, default: fallback }] of settings)
    expect(help).toContain(`${name} ${meaning.replaceAll('`', '')}${fallback ? ` (${fallback})` : ''}`)
})

/** Used by the commands that call the API; docs/command-line.md describes them. */
const OF_CLIENTS = ['MUSTER_URL', 'MUSTER_TOKEN']

test('every variable that code, documents or deploy/ mention is a setting', () => {
  const files = ['src', 'docs', 'deploy'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const texts = ['README.md', ...files].filter((name) => /\.(ts|md|service|conf|yaml)$/.test(name))
  const unknown = texts.flatMap((name) =>
    (readFileSync(join(ROOT, name), 'utf8').match(/\bMUSTER_[A-Z0-9_]+\b/g) ?? [])
      .filter((one) => ![...names, ...OF_CLIENTS].includes(one) && !/^MUSTER_(TEST_|S3_$)/.test(one))
      .map((one) => `${name}: ${one}`),
  )
  expect(unknown).toEqual([])
})

test('without settings all defaults apply, and an empty variable counts as missing', () => {
  const empty = Object.fromEntries(names.map((name) => [name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
  expect(readConfig({})).toEqual({
    ...{ host: '127.0.0.1', port: 8080, data_dir: join(process.cwd(), 'data'), workers: 1, log_level: 'info' },
    ...{ database_url: undefined, database_replica_url: undefined, database_timeout_s: 30, public_url: undefined },
    ...{ tls: undefined, s3: undefined, trust_proxy: undefined, metrics: undefined },
    ...{ keep: { events: undefined, history: undefined, timeline: 1826 } },
    ...{ webhooks: { allow: [], timeout_s: 10, keep_days: 7 }, sign_in: { allow: [] }, mail: undefined },
    ...{ admin_email: 'admin@example.com', admin_password: undefined },
  })
})

test('settings that require each other are read together', () => {
  const read = readConfig({
    ...{ MUSTER_TLS_CERT: 'cert.pem', MUSTER_TLS_KEY: 'key.pem', MUSTER_METRICS_PORT: '0', MUSTER_METRICS_HOST: '::' },
    ...{
      MUSTER_PUBLIC_URL: 'https://host/muster/',
      MUSTER_ADMIN_EMAIL: 'Boss@example.com',
      MUSTER_KEEP_EVENTS_DAYS: '7',
    },
    ...{ MUSTER_TRUST_PROXY: 'loopback, 10.0.0.0/8', MUSTER_WEBHOOK_ALLOW: '10.1.0.0/16, linklocal' },
  })
  expect(read).toMatchObject({
    ...{ tls: { cert: 'cert.pem', key: 'key.pem' }, metrics: { host: '::', port: 0 } },
    ...{ public_url: 'https://host/muster', admin_email: 'boss@example.com', keep: { events: 7 } },
    ...{ trust_proxy: ['loopback', '10.0.0.0/8'], webhooks: { allow: ['10.1.0.0/16', 'linklocal'] } },
  })
})

test.each([
  [{ MUSTER_PORT: '65536' }, 'MUSTER_PORT=65536: must be a port number from 0 to 65535'],
  [{ MUSTER_WORKERS: '0' }, 'MUSTER_WORKERS=0: must be a number from 1 to 64, or auto for one a processor core'],
  [{ MUSTER_KEEP_EVENTS_DAYS: '-1' }, 'MUSTER_KEEP_EVENTS_DAYS=-1: must be a whole number of days from 1 to 99999'],
  [{ MUSTER_PUBLIC_URL: 'ftp://host' }, 'MUSTER_PUBLIC_URL=...: must be a URL that begins with http:// or https://'],
  [
    { DATABASE_URL: 'mysql://u:pw@host' },
    'DATABASE_URL=...: must be a URL that begins with postgres:// or postgresql://',
  ],
  [{ MUSTER_ADMIN_PASSWORD: 'hunter2' }, 'MUSTER_ADMIN_PASSWORD=...: must be at least 8 characters long'],
  [{ MUSTER_TLS_CERT: 'cert.pem' }, 'MUSTER_TLS_CERT and MUSTER_TLS_KEY: give both, or neither'],
  [
    { DATABASE_REPLICA_URL: 'postgres://replica/muster' },
    'DATABASE_REPLICA_URL: needs DATABASE_URL, the PostgreSQL that it is a replica of',
  ],
  [{ MUSTER_SMTP_FROM: 'muster@example.com' }, 'MUSTER_SMTP_URL and MUSTER_SMTP_FROM: give both, or neither'],
  [
    { MUSTER_SMTP_URL: 'smtp://mail.example.com', MUSTER_SMTP_FROM: 'muster@example.com' },
    'MUSTER_SMTP_URL: needs MUSTER_PUBLIC_URL, where the links in e-mails lead',
  ],
])('%j is rejected with a message', (environment, sentence) => {
  expect(() => readConfig(environment)).toThrow(`The configuration is not usable:\n  ${sentence}`)
})

test.each([
  ['MUSTER_SMTP_URL', 'mail.example.com'],
  ['MUSTER_SMTP_URL', 'http://mail'],
  ['MUSTER_SMTP_URL', 'smtp://user@mail'],
  ['MUSTER_SMTP_URL', 'smtp://user:%zz@mail'],
  ['MUSTER_SMTP_URL', 'smtp://mail/inbox'],
  ['MUSTER_SMTP_URL', 'smtp://mail?tls=no'],
  ['MUSTER_SMTP_FROM', 'muster'],
  ['MUSTER_SMTP_FROM', 'Muster <muster>'],
  ['MUSTER_SMTP_FROM', 'Muster <a@b'],
  ['MUSTER_SMTP_FROM', 'a@b> Muster'],
  ['MUSTER_SMTP_FROM', 'a@b, c@d'],
  ['MUSTER_SMTP_FROM', 'A\n <a@b>'],
])('%s=%j is rejected with a message', (name, value) => {
  const sentence =
    name === 'MUSTER_SMTP_URL' ? `${name}=...: must be smtp://HOST` : `${name}=${value}: must be an e-mail`
  expect(() => readConfig({ [name]: value })).toThrow(`The configuration is not usable:\n  ${sentence}`)
})

test('a setting that is given and wrong is not called missing, too', () => {
  const mail = { MUSTER_SMTP_URL: 'mail.example.com', MUSTER_SMTP_FROM: 'a@b', MUSTER_PUBLIC_URL: 'muster' }
  expect(() => readConfig(mail)).toThrow(/usable:\n {2}MUSTER_PUBLIC_URL=.*\n {2}MUSTER_SMTP_URL=.*$/)
})

test.each([
  ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, implicit_tls: false, starttls: 'offered' }],
  ['smtp://mail:25/', { host: 'mail', port: 25, starttls: 'offered', auth: undefined }],
  ['smtps://me%40here:p%3As@mail', { port: 465, implicit_tls: true, auth: { user: 'me@here', pass: 'p:s' } }],
  ['smtp://u:p@mail', { starttls: 'required', auth: { user: 'u', pass: 'p' } }],
  ['smtp://u:p@127.0.0.1', { host: '127.0.0.1', starttls: 'never' }],
  ['smtp://[::1]:2525', { host: '::1', port: 2525, starttls: 'never' }],
])('the mail server %s is read', (url, expected) => {
  const from = 'The fleet <muster@example.com>'
  const others = { MUSTER_PUBLIC_URL: 'https://muster.example.com/', MUSTER_SMTP_FROM: from }
  expect(readConfig({ MUSTER_SMTP_URL: url, ...others }).mail).toMatchObject({
    ...{ ...expected, from: { name: 'The fleet', address: 'muster@example.com' } },
  })
})
