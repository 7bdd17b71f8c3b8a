import { resolve } from 'node:path'
import {
  bucketName,
  databaseUrl,
  email,
  endpoint,
  keyPrefix,
  mailbox,
  oneOf,
  password,
  port,
  proxies,
  publicUrl,
  smtpUrl,
  text,
  wholeNumber,
  workers,
  yesOrNo,
} from './parse.ts'

// The table of all settings: the configuration, the help of `muster serve` and docs/configuration.md are made from it.

export type Setting<Value = unknown> = {
  /** A sentence without its full stop; values and names in backticks. */
  meaning: string
  parse: (text: string) => Value
  /** Parsed if the variable is missing or empty. */
  default?: string
  /** What holds without a default, in words. */
  otherwise?: string
}

type Table = Readonly<Record<string, Setting>>

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const SERVER = {
  MUSTER_HOST: { meaning: 'Address to listen on; `0.0.0.0` for all', parse: text, default: '127.0.0.1' },
  MUSTER_PORT: { meaning: 'Port to listen on; `0` for any free one', parse: port, default: '8080' },
  MUSTER_WORKERS: {
    meaning: 'Number of processes that serve requests on the one port; `auto` for one per processor core',
    ...{ parse: workers, default: '1' },
  },
  MUSTER_PUBLIC_URL: {
    meaning:
      'Base URL of download links and of the sign-in by a provider, for a proxy that hides the address by which devices reach the server; with a path ' +
      '(`https://host/muster`) if the proxy serves Muster below that path and removes it from requests',
    ...{ parse: publicUrl, otherwise: 'as the device asked' },
  },
  MUSTER_TRUST_PROXY: {
    meaning:
      'Trusted proxies: addresses, ranges such as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`, separated ' +
      'by commas. Their `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`, or else `Forwarded`, are trusted: a proxy ' +
      'has to set or remove each of them',
    ...{ parse: proxies, otherwise: 'none' },
  },
  MUSTER_TLS_CERT: {
    meaning: 'Certificate file; with it and `MUSTER_TLS_KEY` the server speaks HTTPS',
    ...{ parse: text, otherwise: 'plain HTTP' },
  },
  MUSTER_TLS_KEY: { meaning: 'Private key file of the certificate', parse: text },
  MUSTER_METRICS_PORT: {
    meaning: 'Port where Prometheus reads `/metrics`, of all processes together',
    ...{ parse: port, otherwise: 'no metrics' },
  },
  MUSTER_METRICS_HOST: { meaning: 'Address of the metrics port', parse: text, default: '127.0.0.1' },
  MUSTER_LOG_LEVEL: {
    meaning: `One of ${LOG_LEVELS.map((level) => `\`${level}\``).join(', ')}; the log goes to standard error as JSON`,
    ...{ parse: oneOf(LOG_LEVELS), default: 'info' },
  },
} satisfies Table

const DATA = {
  MUSTER_DATA_DIR: {
    meaning: 'Directory of the embedded database and the artifacts',
    ...{ parse: (given: string) => resolve(given), default: './data' },
  },
  DATABASE_URL: {
    meaning: 'URL of a PostgreSQL server, 15 or later',
    ...{ parse: databaseUrl, otherwise: 'the embedded PostgreSQL' },
  },
  DATABASE_REPLICA_URL: {
    meaning:
      'URL of a streaming replica of `DATABASE_URL`, from which lists and statistics are read, as current as from the ' +
      'primary',
    ...{ parse: databaseUrl, otherwise: 'none' },
  },
  MUSTER_DATABASE_TIMEOUT_S: {
    meaning:
      'Seconds for which a request may occupy the database; it waits a third of that for a lock or a connection, ' +
      'then gets 503',
    ...{ parse: wholeNumber('seconds'), default: '30' },
  },
  MUSTER_KEEP_EVENTS_DAYS: {
    meaning: 'Days for which the audit log is kept',
    ...{ parse: wholeNumber('days'), otherwise: 'forever' },
  },
  MUSTER_KEEP_HISTORY_DAYS: {
    meaning: 'Days for which the devices and logs of a finished deployment are kept; its counters always are',
    ...{ parse: wholeNumber('days'), otherwise: 'forever' },
  },
  MUSTER_KEEP_TIMELINE_DAYS: {
    meaning:
      'Days for which the past of deployments and of the fleet is kept in numbers, one count a day beyond 90 days',
    ...{ parse: wholeNumber('days'), default: '1826' },
  },
} satisfies Table

const WEBHOOKS = {
  MUSTER_WEBHOOK_ALLOW: {
    meaning:
      'Targets of webhooks that are allowed although they are not public: addresses, ranges such as `10.0.0.0/8`, or ' +
      '`loopback`, `linklocal`, `uniquelocal`, separated by commas',
    ...{ parse: proxies, otherwise: 'public addresses only' },
  },
  MUSTER_WEBHOOK_TIMEOUT_S: {
    meaning: 'Seconds that the target of a webhook may take to respond, from the look-up of its name on',
    ...{ parse: wholeNumber('seconds'), default: '10' },
  },
  MUSTER_KEEP_WEBHOOKS_DAYS: {
    meaning: 'Days for which events and how they were delivered can be read',
    ...{ parse: wholeNumber('days'), default: '7' },
  },
} satisfies Table

const SIGN_IN = {
  MUSTER_SIGN_IN_ALLOW: {
    meaning:
      'Sign-in providers that are allowed although their addresses are not public: addresses, ranges such as ' +
      '`10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`, separated by commas',
    ...{ parse: proxies, otherwise: 'public addresses only' },
  },
} satisfies Table

const MAIL = {
  MUSTER_SMTP_URL: {
    meaning:
      'Mail server that sends e-mails on: `smtp://HOST`, `smtp://USER:PASSWORD@HOST:PORT` (without a port: 587), or ' +
      '`smtps://` for TLS from the start (465). With a password, TLS is required unless the server is this machine',
    ...{ parse: smtpUrl, otherwise: 'no e-mails' },
  },
  MUSTER_SMTP_FROM: {
    meaning: 'Sender of the e-mails: an address, or `Name <address>`',
    parse: mailbox,
  },
} satisfies Table

const FIRST_USER = {
  MUSTER_ADMIN_EMAIL: {
    meaning: 'E-mail address of the first user, who is created on the first start',
    ...{ parse: email, default: 'admin@example.com' },
  },
  MUSTER_ADMIN_PASSWORD: {
    meaning: 'Password of the first user, at least 8 characters',
    ...{ parse: password, otherwise: 'generated, shown once' },
  },
} satisfies Table

export const S3 = {
  MUSTER_S3_BUCKET: {
    meaning: 'Bucket for the artifacts; naming one turns S3 on',
    ...{ parse: bucketName, otherwise: 'artifacts on disk' },
  },
  MUSTER_S3_REGION: { meaning: 'Region of the bucket', parse: text, default: 'us-east-1' },
  MUSTER_S3_ENDPOINT: { meaning: 'URL of the store, unless it is AWS', parse: endpoint, otherwise: 'AWS' },
  MUSTER_S3_PUBLIC_ENDPOINT: {
    meaning: 'URL of the store for devices, if they reach it by another name than the server does',
    ...{ parse: endpoint, otherwise: 'the endpoint' },
  },
  MUSTER_S3_ACCESS_KEY_ID: {
    meaning: 'Access key; set this and the secret, or neither',
    ...{ parse: text, otherwise: 'where the AWS SDK looks' },
  },
  MUSTER_S3_SECRET_ACCESS_KEY: { meaning: 'Secret of the access key', parse: text },
  MUSTER_S3_PREFIX: { meaning: 'Prefix of the names of all objects', parse: keyPrefix, default: '' },
  MUSTER_S3_PATH_STYLE: {
    meaning: '`true` or `false`: whether URLs have the bucket in their path',
    ...{ parse: yesOrNo, otherwise: '`true` with an endpoint' },
  },
  MUSTER_S3_PROXY: {
    meaning: '`true`: devices download from the server, which reads the bucket; for buckets that devices cannot reach',
    ...{ parse: yesOrNo, default: 'false' },
  },
} satisfies Table

export const SETTINGS = { ...SERVER, ...DATA, ...WEBHOOKS, ...SIGN_IN, ...MAIL, ...FIRST_USER, ...S3 }

/** By the headings of docs/configuration.md. */
export const GROUPS: Readonly<Record<string, Table>> = {
  Server: SERVER,
  'Database and retention': DATA,
  Webhooks: WEBHOOKS,
  'Sign-in providers': SIGN_IN,
  'E-mail': MAIL,
  'First user': FIRST_USER,
  'Artifacts in S3': S3,
}
