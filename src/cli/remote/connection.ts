import type { Connection } from '../../client/manager.ts'
import { ServerError } from '../../client/server-error.ts'
import { type Options, optional, UsageError, type Values } from '../command.ts'
import { readLogin } from './login-file.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'

export const ADDRESS_OPTIONS = { url: { type: 'string' }, insecure: { type: 'boolean' } } satisfies Options

/** The URL asked for, without a trailing slash; undefined where none is. */
function readUrl(values: Values): string | undefined {
  const given = optional(values, 'url') || process.env.MUSTER_URL
  if (!given) return undefined
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '')
  throw new UsageError(`The server URL must begin with http:// or https://, unlike "${given}"`)
}

export const urlOrDefault = (values: Values): string => readUrl(values) ?? DEFAULT_URL

/** Where the server is and who asks: from options, or else the environment, or else the last login. */
export async function readConnection(values: Values): Promise<Connection> {
  const asked = readUrl(values)
  const token = optional(values, 'token') || process.env.MUSTER_TOKEN
  const insecure = Boolean(values.insecure)
  if (token) return { url: asked ?? (await readLogin())?.url ?? DEFAULT_URL, token: token.trim(), insecure }
  const login = await readLogin()
  if (login && (asked ?? login.url) === login.url) return { ...login, insecure }
  const url = asked ?? DEFAULT_URL
  throw new ServerError(`You are not logged in to ${url}. Run "muster login --url ${url}", or set MUSTER_TOKEN.`)
}
