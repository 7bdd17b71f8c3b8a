import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Env } from '../env.ts'

export const ARTIFACT_LINKS = '/api/devices/v1/deployments/artifacts'

export type ArtifactLink = { uri: string; expire: string; method: 'GET' }

/** A link that needs no login: signed by us, good until it expires. The name only gives the download a file name. */
export function artifactLink(
  env: Env,
  base_url: string,
  artifact: { tenant_id: string; id: string; name: string },
  lifetime_s: number,
): ArtifactLink {
  const expire = Math.ceil(env.now().getTime() / 1000) + lifetime_s
  const signature = sign(env, { ...artifact, expire }).toString('base64url')
  const path = `${ARTIFACT_LINKS}/${artifact.tenant_id}/${artifact.id}/${encodeURIComponent(artifact.name)}.mender`
  return {
    uri: `${base_url}${path}?expire=${expire}&signature=${signature}`,
    expire: new Date(expire * 1000).toISOString(),
    method: 'GET',
  }
}

export type Claim = { tenant_id: string; id: string; expire: string; signature: string }

/** Whether we signed the link and it is still good. */
export function linkHolds(env: Env, { tenant_id, id, expire, signature }: Claim): boolean {
  if (!/^[1-9]\d{0,11}$/.test(expire)) return false
  const right = sign(env, { tenant_id, id, expire: Number(expire) })
  const given = Buffer.from(signature, 'base64url')
  return given.length === right.length && timingSafeEqual(given, right) && env.now().getTime() < Number(expire) * 1000
}

function sign(env: Env, { tenant_id, id, expire }: { tenant_id: string; id: string; expire: number }): Buffer {
  return createHmac('sha256', keyOf(env.secret)).update(`${tenant_id}/${id}/${expire}`).digest()
}

const keys = new WeakMap<Buffer, Buffer>()

function keyOf(secret: Buffer): Buffer {
  const key = keys.get(secret) ?? createHmac('sha256', secret).update('artifact link').digest()
  keys.set(secret, key)
  return key
}
