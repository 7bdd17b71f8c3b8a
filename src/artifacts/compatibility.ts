import type { Dialect } from '../auth/dialect.ts'
import type { Artifact } from './artifact.ts'

export type Provides = Readonly<Record<string, unknown>>

/** `depends`: whether an artifact is selected by all of its depends, or by the device type alone. */
export type SelectionRules = { depends: boolean; dialect: Dialect }

/**
 * The artifact that a device is offered: one of its dialect for its device type, whose other `depends` the device
 * provides (checked if `rules.depends` is set); of several the smallest, then the newest.
 */
export function selectArtifact(
  artifacts: readonly Artifact[],
  provides: Provides,
  rules: SelectionRules,
): Artifact | undefined {
  return artifacts
    .filter((artifact) => fits(artifact, provides, rules))
    .sort((a, b) => a.size - b.size || descending(a.modified, b.modified) || descending(b.id, a.id))[0]
}

function fits(
  { dialect, device_types_compatible, artifact_depends }: Artifact,
  provides: Provides,
  rules: SelectionRules,
) {
  const type = own(provides, 'device_type')
  if (dialect !== rules.dialect || typeof type !== 'string' || !device_types_compatible.includes(type)) return false
  if (!rules.depends) return true
  return Object.entries(artifact_depends).every(([key, accepted]) => {
    const provided = [own(provides, key)].flat()
    return [accepted].flat().some((value) => provided.includes(value))
  })
}

// The name of the artifact and its targets: they do not identify the installed software.
const NAMES = new Set(['artifact_name', 'artifact_group', 'device_type'])

/** The end of the artifact name of a device whose last installation failed and could not be undone. */
const BROKEN = '_INCONSISTENT'

/**
 * Whether the device already runs the artifact: compares the software versions that it reports, if the artifact has
 * any. Old clients report names only: then the names are compared. After a failure that could not be undone, Mender's
 * clients go on reporting the former versions, although nobody knows what they run.
 */
export function isInstalled(artifact: Artifact, provides: Provides): boolean {
  if (String(own(provides, 'artifact_name')).endsWith(BROKEN)) return false
  const versions = withoutNames(artifact.artifact_provides)
  const reportsVersions = Object.keys(provides).some((key) => !NAMES.has(key))
  if (versions.length === 0 || !reportsVersions) return own(provides, 'artifact_name') === artifact.name
  return versions.every(([key, version]) => own(provides, key) === version)
}

/** What identifies the software among what an artifact provides. */
export const withoutNames = (artifact_provides: Artifact['artifact_provides']): [string, string][] =>
  Object.entries(artifact_provides).filter(([key]) => !NAMES.has(key))

/** The artifact name that a device had before such a failure. */
export const withoutBroken = (artifact_name: string): string =>
  artifact_name.endsWith(BROKEN) ? artifact_name.slice(0, -BROKEN.length) : artifact_name

export const own = (provides: Provides, key: string): unknown =>
  Object.hasOwn(provides, key) ? provides[key] : undefined

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)
