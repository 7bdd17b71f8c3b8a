import type { Connection } from '../../client/manager.ts'
import { ServerError } from '../../client/server-error.ts'
import { type Options, optional, UsageError, type Values } from '../command.ts'
import { readLogin } from './login-file.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'

export const ADDRESS_OPTIONS = { url: { type: 'string' }, insecure: { type: 'boolean' } } satisfies Options

/** The URL from the options or the environment, without a trailing slash; undefined if neither is set. */
function readUrl(values: Values): string | undefined {
  const url = optional(values, 'url') || process.env.MUSTER_URL
  if (!url) return undefined
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '')
  throw new UsageError(`The server URL must begin with http:// or https://, unlike "${url}"`)
}

export const urlOrDefault = (values: Values): string => readUrl(values) ?? DEFAULT_URL

/** The server URL and the token: from options, else from the environment, else from the last login. */
export async function readConnection(values: Values): Promise<Connection> {
  const explicit_url = readUrl(values)
  const token = optional(values, 'token') || process.env.MUSTER_TOKEN
  const insecure = Boolean(values.insecure)
  if (token) return { url: explicit_url ?? (await readLogin())?.url ?? DEFAULT_URL, token: token.trim(), insecure }
  const login = await readLogin()
  if (login && (explicit_url ?? login.url) === login.url) return { ...login, insecure }
  const url = explicit_url ?? DEFAULT_URL
  throw new ServerError(`You are not logged in to ${url}. Run "muster login --url ${url}", or set MUSTER_TOKEN.`)
}
