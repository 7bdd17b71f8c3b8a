import type { Env } from '../env.ts'
import type { ArtifactLink } from './artifact-link.ts'
import { isSignatureValid, signatureOf } from './link-signature.ts'

export const CONFIGURATION_LINKS = '/api/devices/v1/deployments/download/configuration'

/** A configuration that was deployed, for a device as it polls. */
export type LinkedConfiguration = { tenant_id: string; deployment_id: string; device_type: string; device_id: string }

/** A link to the artifact that this server writes of a configuration, in the form of Mender's links. */
export function configurationLink(
  env: Env,
  base_url: string,
  linked: LinkedConfiguration,
  lifetime_s: number,
): ArtifactLink {
  const expire_s = Math.ceil(env.now().getTime() / 1000) + lifetime_s
  const expire = new Date(expire_s * 1000).toISOString()
  const { tenant_id, deployment_id, device_type, device_id } = linked
  const path = [deployment_id, device_type, device_id].map(encodeURIComponent).join('/')
  const query = new URLSearchParams({
    'x-men-expire': expire,
    'x-men-signature': signatureOf(env, textOf(linked, expire)),
    tenant_id,
  })
  return { uri: `${base_url}${CONFIGURATION_LINKS}/${path}?${query}`, expire, method: 'GET' }
}

/** Whether this server signed the link and it has not expired. */
export const isConfigurationLinkValid = (
  env: Env,
  linked: LinkedConfiguration,
  { expire, signature }: { expire: string; signature: string },
): boolean => isSignatureValid(env, textOf(linked, expire), signature) && env.now().getTime() < Date.parse(expire)

/** No tenant is called so that the text could be that of a link to an artifact. */
const textOf = ({ tenant_id, deployment_id, device_type, device_id }: LinkedConfiguration, expire: string): string =>
  JSON.stringify(['configuration', tenant_id, deployment_id, device_type, device_id, expire])
