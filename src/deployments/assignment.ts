import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled, type SelectionRules, selectArtifact } from '../artifacts/compatibility.ts'
import { DIALECTS, type Dialect } from '../auth/dialect.ts'
import type { ActiveDeployment } from './active-deployment.ts'

/** The result of assigning a device to a deployment: an artifact to install, or nothing to do. */
export type Assignment =
  | { status: 'pending'; artifact: Artifact }
  | { status: 'already-installed'; artifact: Artifact }
  | { status: 'noartifact'; artifact?: undefined }

type Assignable = Pick<ActiveDeployment, 'type' | 'artifacts' | 'force_installation'>

/** Whether the device waits, because nobody knows its type yet, and its polls do not state it. */
export const lacksType = (dialect: Dialect, inventory: Readonly<Record<string, unknown>>): boolean =>
  !DIALECTS[dialect].states_type && inventory.device_type === undefined

export function assign(
  { type, artifacts, force_installation }: Assignable,
  provides: Readonly<Record<string, unknown>>,
  rules: SelectionRules,
): Assignment {
  // A configuration is for one device, whatever its type.
  const artifact = type === 'configuration' ? artifacts[0] : selectArtifact(artifacts, provides, rules)
  if (!artifact) return { status: 'noartifact' }
  if (!force_installation && isInstalled(artifact, provides)) return { status: 'already-installed', artifact }
  return { status: 'pending', artifact }
}
