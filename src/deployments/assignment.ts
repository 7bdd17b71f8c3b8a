import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled, selectArtifact } from '../artifacts/compatibility.ts'
import type { ActiveDeployment } from './active-deployment.ts'

/** What a deployment means for a device: an artifact to install, or an end without one. */
export type Assignment =
  | { status: 'pending'; artifact: Artifact }
  | { status: 'already-installed'; artifact: Artifact }
  | { status: 'noartifact'; artifact?: undefined }

type Wanted = Pick<ActiveDeployment, 'artifacts' | 'force_installation'>

/** @param rules depends: whether an artifact's needs beyond the device type count */
export function assign(
  { artifacts, force_installation }: Wanted,
  provides: Readonly<Record<string, unknown>>,
  rules: { depends: boolean },
): Assignment {
  const artifact = selectArtifact(artifacts, provides, rules)
  if (!artifact) return { status: 'noartifact' }
  if (!force_installation && isInstalled(artifact, provides)) return { status: 'already-installed', artifact }
  return { status: 'pending', artifact }
}
