import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { readS3Config, type S3Config } from './blobs/s3-config.ts'

export type Config = {
  host: string
  port: number
  data_dir: string
  /** undefined: the embedded database in data_dir */
  database_url: string | undefined
  /** A streaming replica of it, for lists and statistics */
  database_replica_url: string | undefined
  /** How long a request may keep the database at work */
  database_timeout_s: number
  /** Base of links handed to devices, without a trailing slash; undefined: from the request */
  public_url: string | undefined
  tls: { cert: string; key: string } | undefined
  /** Processes that answer requests */
  workers: number
  /** undefined: artifacts live in data_dir */
  s3: S3Config | undefined
  /** Proxies that are believed when they say for whom they ask; undefined: none is */
  trust_proxy: string[] | undefined
  /** Where Prometheus reads; undefined: nowhere */
  metrics: { host: string; port: number } | undefined
  /** Days after which something is removed; undefined: never */
  keep: { events: number | undefined; history: number | undefined }
  log_level: string
  admin_email: string
  admin_password: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const NEARBY = ['loopback', 'linklocal', 'uniquelocal']
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Reads the configuration, or throws one error that lists everything wrong with it. */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = []
  const read = <Value>(name: string, fallback: Value, parse: (text: string) => Value): Value => {
    const text = environment[name]
    if (text === undefined || text === '') return fallback
    try {
      return parse(text)
    } catch (error) {
      problems.push(`${name}=${name.match(/PASSWORD|URL|SECRET/) ? '...' : text}: ${(error as Error).message}`)
      return fallback
    }
  }
  const config: Config = {
    host: read('MUSTER_HOST', '127.0.0.1', text),
    port: read('MUSTER_PORT', 8080, port),
    data_dir: read('MUSTER_DATA_DIR', resolve('data'), resolve),
    database_url: read<string | undefined>('DATABASE_URL', undefined, databaseUrl),
    database_replica_url: read<string | undefined>('DATABASE_REPLICA_URL', undefined, databaseUrl),
    database_timeout_s: read('MUSTER_DATABASE_TIMEOUT_S', 30, wholeNumber('seconds')),
    public_url: read<string | undefined>('MUSTER_PUBLIC_URL', undefined, (given) =>
      url('http:', 'https:')(given).replace(/\/+$/, ''),
    ),
    tls: undefined,
    workers: read('MUSTER_WORKERS', 1, workers),
    s3: readS3Config(read, problems),
    trust_proxy: read<string[] | undefined>('MUSTER_TRUST_PROXY', undefined, proxies),
    metrics: undefined,
    keep: {
      events: read<number | undefined>('MUSTER_KEEP_EVENTS_DAYS', undefined, wholeNumber('days')),
      history: read<number | undefined>('MUSTER_KEEP_HISTORY_DAYS', undefined, wholeNumber('days')),
    },
    log_level: read('MUSTER_LOG_LEVEL', 'info', oneOf(LOG_LEVELS)),
    admin_email: read('MUSTER_ADMIN_EMAIL', 'admin@example.com', email).toLowerCase(),
    admin_password: read<string | undefined>('MUSTER_ADMIN_PASSWORD', undefined, password),
  }
  const cert = read('MUSTER_TLS_CERT', '', text)
  const key = read('MUSTER_TLS_KEY', '', text)
  if ((cert === '') !== (key === '')) problems.push('MUSTER_TLS_CERT and MUSTER_TLS_KEY: give both, or neither')
  if (config.database_replica_url && !config.database_url)
    problems.push('DATABASE_REPLICA_URL: needs DATABASE_URL, the PostgreSQL that it is a replica of')
  const metricsPort = read<number | undefined>('MUSTER_METRICS_PORT', undefined, port)
  const metricsHost = read('MUSTER_METRICS_HOST', '127.0.0.1', text)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    ...config,
    tls: cert === '' ? undefined : { cert, key },
    metrics: metricsPort === undefined ? undefined : { host: metricsHost, port: metricsPort },
  }
}

export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(['The configuration is not usable:', ...problems.map((problem) => `  ${problem}`)].join('\n'))
    this.name = 'ConfigError'
  }
}

const text = (given: string) => given

const MOST_WORKERS = 64

function workers(given: string): number {
  if (given === 'auto') return Math.min(availableParallelism(), MOST_WORKERS)
  const number = Number(given)
  if (!/^\d+$/.test(given) || number < 1 || number > MOST_WORKERS)
    throw new Error(`must be a number from 1 to ${MOST_WORKERS}, or auto for one a processor core`)
  return number
}

function port(given: string): number {
  const number = Number(given)
  if (!/^\d+$/.test(given) || number > 65535) throw new Error('must be a port number from 0 to 65535')
  return number
}

const wholeNumber = (unit: string) => (given: string) => {
  if (!/^[1-9]\d{0,4}$/.test(given)) throw new Error(`must be a whole number of ${unit} from 1 to 99999`)
  return Number(given)
}

function url(...protocols: string[]) {
  return (given: string): string => {
    if (!URL.canParse(given) || !protocols.includes(new URL(given).protocol))
      throw new Error(`must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`)
    return given
  }
}

// No URL to the letter where the server is reached by a socket: postgres://user:password@/name?host=/directory
function databaseUrl(given: string): string {
  if (!/^postgres(ql)?:\/\/\S+$/.test(given))
    throw new Error('must be a URL that begins with postgres:// or postgresql://')
  return given
}

const oneOf = (words: string[]) => (given: string) => {
  if (!words.includes(given)) throw new Error(`must be one of ${words.join(', ')}`)
  return given
}

function proxies(given: string): string[] {
  const all = given.split(',').map((one) => one.trim())
  if (all.every((one) => NEARBY.includes(one) || isRange(one))) return all
  throw new Error(`must be addresses, ranges such as 10.0.0.0/8, or ${NEARBY.join(', ')}, with commas between them`)
}

function isRange(given: string): boolean {
  const [address = '', bits, ...rest] = given.split('/')
  const most = isIP(address) === 4 ? 32 : 128
  return (
    isIP(address) !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  )
}

function email(given: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(given)) throw new Error('must be an e-mail address')
  return given
}

function password(given: string): string {
  if (given.length < 8) throw new Error('must be at least 8 characters long')
  return given
}
