import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import type { Config } from './config.ts'
import type { Env } from './env.ts'

type Files = NonNullable<Config['tls']>
type Pair = { cert: Buffer; key: Buffer }

export const readPair = ({ cert, key }: Files): Pair => ({ cert: readFileSync(cert), key: readFileSync(key) })

// The files are read rather than watched: certbot and Kubernetes swap symbolic links, of which a watcher sees nothing.
const LOOK_EVERY_MS = 10_000

/**
 * Uses a renewed certificate for new connections, without a restart: looks at the files every ten seconds, and at SIGHUP. A pair that
 * cannot be used, as when the key is still the old one, is logged, and the one in use stays.
 */
export function renewCertificate(server: Server, files: Files, log: Env['log']): { look(): void; stop(): void } {
  let seen = fingerprint(readPair(files))
  const look = () => {
    let found = ''
    try {
      const pair = readPair(files)
      found = fingerprint(pair)
      if (found === seen) return
      const { subject, validTo } = new X509Certificate(pair.cert)
      // Throws where the two do not belong together.
      createSecureContext(pair)
      server.setSecureContext(pair)
      log.info({ subject, valid_to: validTo }, 'the renewed TLS certificate is in use')
    } catch (error) {
      found ||= (error as Error).message
      // Once for each state of the files.
      if (found !== seen)
        log.error({ err: error }, 'the renewed TLS certificate and key cannot be used: the old ones stay in use')
    } finally {
      seen = found
    }
  }
  const looking = setInterval(look, LOOK_EVERY_MS).unref()
  process.on('SIGHUP', look)
  return {
    look,
    stop: () => {
      clearInterval(looking)
      process.off('SIGHUP', look)
    },
  }
}

const fingerprint = ({ cert, key }: Pair): string => `${cert.toString('latin1')}\n${key.toString('latin1')}`
