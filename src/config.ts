import { type Environment, readSettings, type Settings } from './config/read-settings.ts'
import { S3 } from './config/settings.ts'

export type Config = {
  host: string
  port: number
  data_dir: string
  /** undefined: the embedded database in data_dir */
  database_url: string | undefined
  /** A streaming replica of it, for lists and statistics */
  database_replica_url: string | undefined
  /** How long a request may occupy the database */
  database_timeout_s: number
  /** Base of links handed to devices, without a trailing slash; undefined: from the request */
  public_url: string | undefined
  tls: { cert: string; key: string } | undefined
  /** Number of processes that serve requests */
  workers: number
  /** undefined: artifacts are stored in data_dir */
  s3: S3Config | undefined
  /** Proxies whose headers about the client are trusted; undefined: none */
  trust_proxy: string[] | undefined
  /** Where Prometheus reads; undefined: nowhere */
  metrics: { host: string; port: number } | undefined
  /** Days after which something is removed; undefined: never */
  keep: { events: number | undefined; history: number | undefined; timeline: number }
  webhooks: {
    /** Addresses that are not public to which events may be sent: addresses, ranges, names of ranges */
    allow: string[]
    /** How long a target may take to respond */
    timeout_s: number
    /** Days after which events and their deliveries are removed */
    keep_days: number
  }
  /** Addresses that are not public at which sign-in providers may be: addresses, ranges, names of ranges */
  sign_in: { allow: string[] }
  /** The server that sends e-mails on; undefined: none are sent */
  mail: MailConfig | undefined
  log_level: string
  admin_email: string
  admin_password: string | undefined
}

export type MailConfig = {
  host: string
  port: number
  /** TLS from the start */
  implicit_tls: boolean
  /** TLS from a command on; `offered`: if the server can */
  starttls: 'required' | 'offered' | 'never'
  auth: { user: string; pass: string } | undefined
  from: Mailbox
}

type Mailbox = { name: string; address: string }

export type S3Config = {
  bucket: string
  region: string
  /** undefined: that of AWS for the region */
  endpoint: string | undefined
  /** Base of links handed to devices, if they reach the store by another name than the server */
  public_endpoint: string | undefined
  /** undefined: the default credential chain of the AWS SDK */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined
  /** Prefix of the keys of all objects: empty, or with a slash at its end */
  prefix: string
  path_style: boolean
  /** Downloads pass through the server: links lead to it, not to the store */
  proxy: boolean
}

/** Reads the configuration, or throws one error that lists everything wrong with it. */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = []
  const settings = readSettings(environment, problems)
  problems.push(...contradictions(environment), ...needlessS3(environment))
  if (problems.length > 0) throw new ConfigError(problems)
  const { MUSTER_TLS_CERT: cert, MUSTER_TLS_KEY: key, MUSTER_METRICS_PORT: metricsPort } = settings
  return {
    host: settings.MUSTER_HOST,
    port: settings.MUSTER_PORT,
    data_dir: settings.MUSTER_DATA_DIR,
    database_url: settings.DATABASE_URL,
    database_replica_url: settings.DATABASE_REPLICA_URL,
    database_timeout_s: settings.MUSTER_DATABASE_TIMEOUT_S,
    public_url: settings.MUSTER_PUBLIC_URL,
    tls: cert && key ? { cert, key } : undefined,
    workers: settings.MUSTER_WORKERS,
    s3: s3Of(settings),
    trust_proxy: settings.MUSTER_TRUST_PROXY,
    metrics: metricsPort === undefined ? undefined : { host: settings.MUSTER_METRICS_HOST, port: metricsPort },
    keep: {
      events: settings.MUSTER_KEEP_EVENTS_DAYS,
      history: settings.MUSTER_KEEP_HISTORY_DAYS,
      timeline: settings.MUSTER_KEEP_TIMELINE_DAYS,
    },
    webhooks: {
      allow: settings.MUSTER_WEBHOOK_ALLOW ?? [],
      timeout_s: settings.MUSTER_WEBHOOK_TIMEOUT_S,
      keep_days: settings.MUSTER_KEEP_WEBHOOKS_DAYS,
    },
    sign_in: { allow: settings.MUSTER_SIGN_IN_ALLOW ?? [] },
    mail: mailOf(settings),
    log_level: settings.MUSTER_LOG_LEVEL,
    admin_email: settings.MUSTER_ADMIN_EMAIL,
    admin_password: settings.MUSTER_ADMIN_PASSWORD,
  }
}

function mailOf({ MUSTER_SMTP_URL: server, MUSTER_SMTP_FROM: from }: Settings): MailConfig | undefined {
  return server && from ? { ...server, from } : undefined
}

function s3Of(settings: Settings): S3Config | undefined {
  const { MUSTER_S3_BUCKET: bucket, MUSTER_S3_ENDPOINT: endpoint } = settings
  if (!bucket) return undefined
  const { MUSTER_S3_ACCESS_KEY_ID: accessKeyId, MUSTER_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings
  return {
    ...{ bucket, endpoint },
    region: settings.MUSTER_S3_REGION,
    public_endpoint: settings.MUSTER_S3_PUBLIC_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    prefix: settings.MUSTER_S3_PREFIX,
    path_style: settings.MUSTER_S3_PATH_STYLE ?? endpoint !== undefined,
    proxy: settings.MUSTER_S3_PROXY,
  }
}

/** By what is given, not by what could be read: what is given and wrong is a problem of its own. */
function contradictions(given: Environment): string[] {
  const pairs = [
    ['MUSTER_S3_ACCESS_KEY_ID', 'MUSTER_S3_SECRET_ACCESS_KEY'],
    ['MUSTER_TLS_CERT', 'MUSTER_TLS_KEY'],
    ['MUSTER_SMTP_URL', 'MUSTER_SMTP_FROM'],
  ] as const
  const problems = pairs
    .filter(([one, other]) => !given[one] !== !given[other])
    .map(([one, other]) => `${one} and ${other}: give both, or neither`)
  if (given.DATABASE_REPLICA_URL && !given.DATABASE_URL)
    problems.push('DATABASE_REPLICA_URL: needs DATABASE_URL, the PostgreSQL that it is a replica of')
  if (given.MUSTER_SMTP_URL && !given.MUSTER_PUBLIC_URL)
    problems.push('MUSTER_SMTP_URL: needs MUSTER_PUBLIC_URL, where the links in e-mails lead')
  return problems
}

function needlessS3(environment: Environment): string[] {
  const given = Object.keys(S3).filter((name) => environment[name])
  return given.length === 0 || given.includes('MUSTER_S3_BUCKET')
    ? []
    : [`${given.join(', ')}: of no use without MUSTER_S3_BUCKET, the bucket for artifacts`]
}

export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(['The configuration is not usable:', ...problems.map((problem) => `  ${problem}`)].join('\n'))
    this.name = 'ConfigError'
  }
}
