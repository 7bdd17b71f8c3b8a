import { createHash, createHmac, type Hmac } from 'node:crypto'

/** How long after its claim a key stands for the request that had it first. */
export const KEPT_MS = 24 * 60 * 60 * 1000

/** How long a claim holds unless it is renewed: after a kill, a repeated request is refused for this long. */
export const CLAIM_MS = 30_000

/** A request that is to create something, and holds the claim of its key. */
export type Creation = {
  key_sha256: string
  claim: string
  /** Set once the whole request has arrived, before the transaction that creates. */
  request_mac: string | undefined
}

/** What an earlier request with the same key has created. */
export type Created = { created_id: string; request_mac: string | null }

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/**
 * Begins the digest of a request. It is keyed by the idempotency key, which is not stored: the body may contain a
 * password, and who reads the database could otherwise try passwords against the digest.
 */
export const beginMac = (key: string, method: string, url: string): Hmac =>
  createHmac('sha256', key).update(`${method} ${url}\n`)
