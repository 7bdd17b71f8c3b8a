import { perEnv } from '../db/memory/per-object.ts'
import { TwoGenerationCache } from '../db/memory/two-generation-cache.ts'
import type { Env } from '../env.ts'
import { type FileLabel, fileHeaders } from './file-headers.ts'
import { isSignatureValid, signatureOf } from './link-signature.ts'

export const ARTIFACT_LINKS = '/api/devices/v1/deployments/artifacts'

export type ArtifactLink = { uri: string; expire: string; method: 'GET' }
/** `rate_key`: the rate that the download by the link shares with others; absent: none. */
type LinkedFile = { tenant_id: string; id: string; file: FileLabel; rate_key?: string | undefined }

/**
 * A link that needs no login and is valid until it expires: to the store, if it issues its own, or else to this server,
 * with its signature. Its path ends in the name of the file, for programs that save it by that name.
 */
export async function artifactLink(
  env: Env,
  base_url: string,
  artifact: LinkedFile,
  lifetime_s: number,
): Promise<ArtifactLink> {
  const { tenant_id, id, file } = artifact
  const expire_s = Math.ceil(env.now().getTime() / 1000) + lifetime_s
  const links = linksOf(env)
  const key = `${base_url} ${tenant_id}/${id} ${artifact.rate_key ?? ''}`
  const known = links.get(key)
  if (known?.expire_s === expire_s) return known.link
  const direct = await env.blobs.link(`${tenant_id}/${id}`, { lifetime_s, headers: fileHeaders(file) })
  const link: ArtifactLink = {
    uri: direct ?? `${base_url}${signedPath(env, artifact, expire_s)}`,
    expire: new Date(expire_s * 1000).toISOString(),
    method: 'GET',
  }
  links.set(key, { expire_s, link })
  return link
}

/** Devices are offered one artifact in waves, and all that ask within a second get the same link. */
const MAX_LINKS = 100
const linksOf = perEnv(() => new TwoGenerationCache<{ expire_s: number; link: ArtifactLink }>(MAX_LINKS))

function signedPath(env: Env, artifact: LinkedFile, expire: number): string {
  const { rate_key } = artifact
  const signature = signatureOf(env, textOf({ ...artifact, expire }))
  const path = `${ARTIFACT_LINKS}/${artifact.tenant_id}/${artifact.id}/${encodeURIComponent(artifact.file.name)}`
  const rate = rate_key === undefined ? '' : `&rate=${encodeURIComponent(rate_key)}`
  return `${path}?expire=${expire}&signature=${signature}${rate}`
}

export type LinkParameters = {
  tenant_id: string
  id: string
  expire: string
  signature: string
  rate_key?: string | undefined
}

/** Whether this server signed the link and it has not expired. */
export function isLinkValid(env: Env, { tenant_id, id, expire, signature, rate_key }: LinkParameters): boolean {
  if (!/^[1-9]\d{0,11}$/.test(expire)) return false
  const text = textOf({ tenant_id, id, expire: Number(expire), rate_key })
  return isSignatureValid(env, text, signature) && env.now().getTime() < Number(expire) * 1000
}

type Signed = { tenant_id: string; id: string; expire: number; rate_key?: string | undefined }

const textOf = ({ tenant_id, id, expire, rate_key }: Signed): string =>
  `${tenant_id}/${id}/${expire}${rate_key === undefined ? '' : `/${rate_key}`}`
