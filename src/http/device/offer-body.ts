import { type ArtifactLink, artifactLink } from '../../artifacts/artifact-link.ts'
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
type Recipient = { tenant_id: string; base_url: string; wants_control_map: boolean }

const LINK_LIFETIME_S = 24 * 60 * 60

/** The body of an offer, the same for all devices that are offered the artifact within a second. */
export async function offerBody(env: Env, offer: Offer, recipient: Recipient): Promise<string> {
  const { deployment, artifact, rate_key } = offer
  const { tenant_id, base_url, wants_control_map } = recipient
  const { id, name, device_types_compatible } = artifact
  const linked = { tenant_id, id, file: labelOfArtifact(artifact), rate_key }
  const source = await artifactLink(env, base_url, linked, LINK_LIFETIME_S)
  const map = wants_control_map ? deployment.update_control_map : null
  const known = bodies.get(source)
  if (known && known.deployment === deployment && known.artifact === artifact && known.map === map) return known.body
  const body = JSON.stringify({
    id: deployment.id,
    artifact: { id, artifact_name: name, source, device_types_compatible },
    type: deployment.type,
    ...(map ? { update_control_map: asDelivered(deployment.id, map) } : {}),
  })
  bodies.set(source, { deployment, artifact, map, body })
  return body
}

type Body = Offer & { map: ActiveDeployment['update_control_map']; body: string }

/** The last one with each link. */
const bodies = new WeakMap<ArtifactLink, Body>()
