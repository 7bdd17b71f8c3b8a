import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled, selectArtifact } from '../artifacts/compatibility.ts'
import type { ActiveDeployment } from './active-deployment.ts'

/** The result of assigning a device to a deployment: an artifact to install, or nothing to do. */
export type Assignment =
  | { status: 'pending'; artifact: Artifact }
  | { status: 'already-installed'; artifact: Artifact }
  | { status: 'noartifact'; artifact?: undefined }

type Assignable = Pick<ActiveDeployment, 'artifacts' | 'force_installation'>

/** @param rules depends: whether an artifact is selected by all of its depends, or by the device type alone */
export function assign(
  { artifacts, force_installation }: Assignable,
  provides: Readonly<Record<string, unknown>>,
  rules: { depends: boolean },
): Assignment {
  const artifact = selectArtifact(artifacts, provides, rules)
  if (!artifact) return { status: 'noartifact' }
  if (!force_installation && isInstalled(artifact, provides)) return { status: 'already-installed', artifact }
  return { status: 'pending', artifact }
}
