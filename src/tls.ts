import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import type { Config } from './config.ts'
import type { Env } from './env.ts'

type Files = NonNullable<Config['tls']>
type KeyPair = { cert: Buffer; key: Buffer }

export const readKeyPair = ({ cert, key }: Files): KeyPair => ({ cert: readFileSync(cert), key: readFileSync(key) })

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
      server.setSecureContext(pair)
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
