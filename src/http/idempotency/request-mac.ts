import type { Hmac } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { beginMac } from '../../events/idempotency/creation.ts'
import type { Form } from '../bodies/form.ts'

/** Bytes that are hashed at once: other requests wait for one slice. */
const SLICE = 1024 * 1024

/** The digest of a request whose body has been read. */
export async function macOfBody(key: string, { method, url, rawBody }: FastifyRequest): Promise<string> {
  const mac = beginMac(key, method, url)
  for (let at = 0; rawBody && at < rawBody.length; at += SLICE) {
    if (at > 0) await setImmediate()
    mac.update(rawBody.subarray(at, at + SLICE))
  }
  return mac.digest('hex')
}

/** Begins the digest of a form: the bytes of its file follow. Its boundaries differ with each repetition. */
export function beginMacOfForm(key: string, { method, url }: FastifyRequest, { fields, file_name }: Form): Hmac {
  const parts = [...fields].sort(([a], [b]) => (a < b ? -1 : 1))
  return beginMac(key, method, url).update(`${JSON.stringify([parts, file_name])}\n`)
}
