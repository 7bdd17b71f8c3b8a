import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Env } from '../../env.ts'
import { claimKey } from '../../events/idempotency/claim-key.ts'
import { CLAIM_MS, type Created, type Creation, hashKey } from '../../events/idempotency/creation.ts'
import { releaseKey } from '../../events/idempotency/release-key.ts'
import { renewClaim } from '../../events/idempotency/renew-claim.ts'
import { idempotencyKeyReused, secretNotStored } from '../../idempotency-errors.ts'
import { discard, type Form, readForm } from '../bodies/form.ts'
import { type Creates, sendCreated } from './creates.ts'
import { readKey } from './key.ts'
import { beginMacOfForm, macOfBody } from './request-mac.ts'

/** Keys of requests that hold the claim of theirs. */
const keys = new WeakMap<Creation, string>()

/**
 * Lets each request with an `Idempotency-Key` create once. The claim is the last step before the route runs, so that a
 * request that is not valid claims nothing; a request that fails gives its claim up.
 */
export function honourKeys(http: FastifyInstance, env: Env) {
  http.addHook('preHandler', async (request, reply) => {
    const { creates } = request.routeOptions.config
    const key = creates && readKey(request)
    if (!creates || key === undefined) return
    const request_mac = filePart(creates) !== undefined ? undefined : await macOfBody(key, request)
    const found = await claimKey(env, request.actor, { key_sha256: hashKey(key), request_mac })
    if ('created' in found) return repeatAnswer(request, reply, { creates, key, created: found.created })
    keys.set(found.creation, key)
    request.actor = { ...request.actor, creation: found.creation }
  })
  http.addHook('onError', async (request) => {
    const creation = request.actor?.creation
    // If the database is away, the claim ends by itself.
    if (creation) await releaseKey(env, request.actor, creation).catch(() => {})
  })
}

const filePart = (creates: Creates): string | undefined =>
  creates !== 'secret' && 'file_part' in creates ? creates.file_part : undefined

type Repeated = { creates: Creates; key: string; created: Created }

async function repeatAnswer(request: FastifyRequest, reply: FastifyReply, { creates, key, created }: Repeated) {
  if (creates === 'secret') throw secretNotStored(created.created_id)
  const file_part = filePart(creates)
  if (file_part !== undefined) {
    const mac = await macOfArriving(key, request, file_part)
    if (mac !== created.request_mac) throw idempotencyKeyReused()
  }
  return sendCreated(reply, created.created_id)
}

async function macOfArriving(key: string, request: FastifyRequest, file_part: string): Promise<string> {
  try {
    const form = await readForm(request.raw, file_part)
    const mac = beginMacOfForm(key, request, form)
    for await (const chunk of form.file) mac.update(chunk)
    return mac.digest('hex')
  } catch (error) {
    discard(request.raw)
    throw error
  }
}

/** The form of a request: with a key, its digest is known once the file has been read, and its claim is kept until then. */
export function withKey(env: Env, request: FastifyRequest, form: Form): Form {
  const { creation } = request.actor
  const key = creation && keys.get(creation)
  if (!creation || key === undefined) return form
  async function* digesting(of: Creation, of_key: string) {
    const mac = beginMacOfForm(of_key, request, form)
    let renewed_ms = env.now().getTime()
    for await (const chunk of form.file) {
      mac.update(chunk)
      const now_ms = env.now().getTime()
      if (now_ms - renewed_ms > CLAIM_MS / 3) {
        await renewClaim(env, request.actor, of)
        renewed_ms = now_ms
      }
      yield chunk
    }
    of.request_mac = mac.digest('hex')
  }
  return { ...form, file: digesting(creation, key) }
}
