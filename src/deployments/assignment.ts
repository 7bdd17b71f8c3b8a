import type { Artifact } from '../artifacts/artifact.ts'
import { isInstalled, type SelectionRules, selectArtifact } from '../artifacts/compatibility.ts'
import { compareSoftware, type Downgrade } from '../artifacts/downgrade.ts'
import { DIALECTS, type Dialect } from '../auth/dialect.ts'
import type { ActiveDeployment } from './active-deployment.ts'
import type { RolloutRules } from './rollout/rules.ts'

/**
 * The result of assigning a device to a deployment: an artifact to install, or nothing to do. `downgrade`: there is an
 * artifact, but it would replace a newer version.
 */
export type Assignment =
  | { status: 'pending'; artifact: Artifact }
  | { status: 'already-installed'; artifact: Artifact }
  | { status: 'noartifact'; artifact?: undefined; downgrade?: Downgrade }

export type Assignable = Pick<ActiveDeployment, 'type' | 'artifacts' | 'force_installation'> & {
  rollout: Pick<RolloutRules, 'no_downgrade'> | null
}

/** Whether the device waits, because nobody knows its type yet, and its polls do not state it. */
export const lacksType = (dialect: Dialect, inventory: Readonly<Record<string, unknown>>): boolean =>
  !DIALECTS[dialect].states_type && inventory.device_type === undefined

export function assign(
  { type, artifacts, force_installation, rollout }: Assignable,
  provides: Readonly<Record<string, unknown>>,
  rules: SelectionRules,
): Assignment {
  // A configuration is for one device, whatever its type.
  const artifact = type === 'configuration' ? artifacts[0] : selectArtifact(artifacts, provides, rules)
  if (!artifact) return { status: 'noartifact' }
  if (!force_installation && isInstalled(artifact, provides)) return { status: 'already-installed', artifact }
  const comparison = rollout?.no_downgrade ? compareSoftware(artifact, provides) : undefined
  if (comparison?.kind === 'downgrade') return { status: 'noartifact', downgrade: comparison.downgrade }
  return { status: 'pending', artifact }
}

/** What the row of the device says about its status. */
export const substateOf = (assignment: Assignment): string | null =>
  assignment.status === 'noartifact' && assignment.downgrade ? downgradeText(assignment.downgrade) : null

export const downgradeText = ({ attribute, from, to }: Downgrade): string =>
  `no downgrade: the device has ${cut(from)}, the release has ${cut(to)} (${cut(attribute)})`

const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)

/** Substates are short texts for people. */
const MAX_SHOWN = 60
