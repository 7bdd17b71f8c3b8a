import type { Artifact } from '../../artifacts/artifact.ts'
import { type ArtifactLink, artifactLink } from '../../artifacts/artifact-link.ts'
import { configurationLink } from '../../artifacts/configuration-link.ts'
import { labelOfArtifact } from '../../artifacts/file-headers.ts'
import type { ActiveDeployment } from '../../deployments/active-deployment.ts'
import type { Provides } from '../../deployments/device-deployment.ts'
import { asDelivered } from '../../deployments/poll/control-map.ts'
import type { Offer } from '../../deployments/poll/evaluate-poll.ts'
import type { Env } from '../../env.ts'

/** A poll as its route read it. */
export type ReadPoll = { provides: Provides; wants_control_map: boolean }

export const OFFER_TYPE = 'application/json; charset=utf-8'

/** `base_url`: of the download link. */
type Recipient = ReadPoll & { tenant_id: string; device_id: string; base_url: string }

const LINK_LIFETIME_S = 24 * 60 * 60

/** The body of an offer, of a release the same for all devices that are offered the artifact within a second. */
export async function offerBody(env: Env, offer: Offer, recipient: Recipient): Promise<string> {
  const { deployment, artifact, rate_key } = offer
  const { tenant_id, base_url, wants_control_map } = recipient
  if (deployment.type === 'configuration') return configurationBody(env, offer, recipient)
  const { id, name, device_types_compatible } = artifact
  const linked = { tenant_id, id, file: labelOfArtifact(artifact), rate_key }
  const source = await artifactLink(env, base_url, linked, LINK_LIFETIME_S)
  const map = wants_control_map ? deployment.update_control_map : null
  const known = bodies.get(source)
  if (known && known.deployment === deployment && known.artifact === artifact && known.map === map) return known.body
  const body = textOf(deployment, { id, artifact_name: name, source, device_types_compatible }, map)
  bodies.set(source, { deployment, artifact, map, body })
  return body
}

/** The artifact of a configuration is written for the device type that the device states. */
function configurationBody(env: Env, { deployment, artifact }: Offer, recipient: Recipient): string {
  const { tenant_id, device_id, base_url, provides, wants_control_map } = recipient
  const { device_type } = provides
  const linked = { tenant_id, device_id, device_type, deployment_id: deployment.id }
  const source = configurationLink(env, base_url, linked, LINK_LIFETIME_S)
  // Mender's ID of an artifact that is not stored.
  const id = `${deployment.id}${device_id}`
  const offered = { id, artifact_name: artifact.name, source, device_types_compatible: [device_type] }
  return textOf(deployment, offered, wants_control_map ? deployment.update_control_map : null)
}

type OfferedArtifact = Pick<Artifact, 'id' | 'device_types_compatible'> & {
  artifact_name: string
  source: ArtifactLink
}

const textOf = (
  deployment: ActiveDeployment,
  artifact: OfferedArtifact,
  map: ActiveDeployment['update_control_map'],
): string =>
  JSON.stringify({
    id: deployment.id,
    artifact,
    type: deployment.type,
    ...(map ? { update_control_map: asDelivered(deployment.id, map) } : {}),
  })

type Body = Offer & { map: ActiveDeployment['update_control_map']; body: string }

/** The last one with each link. */
const bodies = new WeakMap<ArtifactLink, Body>()
