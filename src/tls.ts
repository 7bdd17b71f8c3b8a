import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import type { Config } from './config.ts'
import { loadTicketKey, TICKET_KEY_PERIOD_S } from './db/ticket-key.ts'
import type { Env } from './env.ts'
import { repeat } from './repeat.ts'

type Files = NonNullable<Config['tls']>
type KeyPair = { cert: Buffer; key: Buffer }

const readKeyPair = ({ cert, key }: Files): KeyPair => ({ cert: readFileSync(cert), key: readFileSync(key) })

/**
 * Node's own context differs by the command line of the process, and its sessions end after five minutes, before most
 * devices poll again.
 */
const SESSIONS = { sessionIdContext: 'muster', sessionTimeout: TICKET_KEY_PERIOD_S }

export const tlsOptions = (files: Files) => ({ ...readKeyPair(files), ...SESSIONS })

/**
 * Lets any process of the installation resume the sessions of any other, until the key of the tickets changes. While
 * the database is unavailable, the key stays the same.
 */
export async function shareTicketKey(server: Server, env: Env, pause_ms: number): Promise<{ stop(): Promise<void> }> {
  const use = async () => server.setTicketKeys(await loadTicketKey(env.db, env.now()))
  // A failure is repeated below.
  await use().catch(() => {})
  return repeat(use, {
    pause_ms,
    failed: (error) => env.log.warn({ err: error }, 'could not read the key of TLS session tickets: trying again'),
  })
}

// The files are read, not watched: certbot and Kubernetes replace symbolic links, which a watcher does not notice.
const CHECK_INTERVAL_MS = 10_000

/**
 * Uses a renewed certificate for new connections, without a restart: checks the files every ten seconds and at SIGHUP.
 * Files that cannot be used, for example because the key is still the old one, are logged, and the current certificate
 * stays in use.
 */
export function renewCertificate(server: Server, files: Files, log: Env['log']): { check(): void; stop(): void } {
  let checked = fingerprint(readKeyPair(files))
  const check = () => {
    let found = ''
    try {
      const pair = readKeyPair(files)
      found = fingerprint(pair)
      if (found === checked) return
      const { subject, validTo } = new X509Certificate(pair.cert)
      // Throws if certificate and key do not match.
      createSecureContext(pair)
      server.setSecureContext({ ...pair, ...SESSIONS, ticketKeys: server.getTicketKeys() })
      log.info({ subject, valid_to: validTo }, 'the renewed TLS certificate is in use')
    } catch (error) {
      found ||= (error as Error).message
      // Once for each state of the files.
      if (found !== checked)
        log.error({ err: error }, 'the renewed TLS certificate and key cannot be used: the old ones stay in use')
    } finally {
      checked = found
    }
  }
  const checking = setInterval(check, CHECK_INTERVAL_MS).unref()
  process.on('SIGHUP', check)
  return {
    check,
    stop: () => {
      clearInterval(checking)
      process.off('SIGHUP', check)
    },
  }
}

const fingerprint = ({ cert, key }: KeyPair): string => `${cert.toString('latin1')}\n${key.toString('latin1')}`
