import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Env } from '../env.ts'
import { fileHeaders } from './file-headers.ts'

export const ARTIFACT_LINKS = '/api/devices/v1/deployments/artifacts'

export type ArtifactLink = { uri: string; expire: string; method: 'GET' }

/**
 * A link that needs no login and is good until it expires: to the store where that hands out its own, else to us, with our
 * signature. The name only gives the download a file name.
 */
export async function artifactLink(
  env: Env,
  base_url: string,
  artifact: { tenant_id: string; id: string; name: string },
  lifetime_s: number,
): Promise<ArtifactLink> {
  const { tenant_id, id, name } = artifact
  const expire = Math.ceil(env.now().getTime() / 1000) + lifetime_s
  const direct = await env.blobs.link(`${tenant_id}/${id}`, { lifetime_s, headers: fileHeaders(name) })
  return {
    uri: direct ?? `${base_url}${signedPath(env, artifact, expire)}`,
    expire: new Date(expire * 1000).toISOString(),
    method: 'GET',
  }
}

function signedPath(env: Env, artifact: { tenant_id: string; id: string; name: string }, expire: number): string {
  const signature = sign(env, { ...artifact, expire }).toString('base64url')
  const path = `${ARTIFACT_LINKS}/${artifact.tenant_id}/${artifact.id}/${encodeURIComponent(artifact.name)}.mender`
  return `${path}?expire=${expire}&signature=${signature}`
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
  const key = createHmac('sha256', env.secret).update('artifact link').digest()
  return createHmac('sha256', key).update(`${tenant_id}/${id}/${expire}`).digest()
}
