import type { Artifact } from './artifact.ts'

type Provides = Readonly<Record<string, unknown>>

/**
 * The artifact a device is given: one for its type whose other needs (`rules.depends`) the device provides; of several
 * the smallest, then the newest.
 */
export function selectArtifact(
  artifacts: readonly Artifact[],
  provides: Provides,
  rules: { depends: boolean },
): Artifact | undefined {
  return artifacts
    .filter((artifact) => fits(artifact, provides, rules))
    .sort((a, b) => a.size - b.size || descending(a.modified, b.modified) || descending(b.id, a.id))[0]
}

function fits(
  { device_types_compatible, artifact_depends }: Artifact,
  provides: Provides,
  rules: { depends: boolean },
) {
  const type = own(provides, 'device_type')
  if (typeof type !== 'string' || !device_types_compatible.includes(type)) return false
  if (!rules.depends) return true
  return Object.entries(artifact_depends).every(([key, wanted]) => {
    const provided = [own(provides, key)].flat()
    return [wanted].flat().some((one) => provided.includes(one))
  })
}

// These name the whole, or whom it is for; they do not tell which software is there.
const NAMES = new Set(['artifact_name', 'artifact_group', 'device_type'])

/**
 * Whether the device runs the artifact already: by the software versions it reports, where the artifact has some. Old
 * clients report none, only names: then the names decide.
 */
export function isInstalled(artifact: Artifact, provides: Provides): boolean {
  const versions = Object.entries(artifact.artifact_provides).filter(([key]) => !NAMES.has(key))
  const reportsVersions = Object.keys(provides).some((key) => !NAMES.has(key))
  if (versions.length === 0 || !reportsVersions) return own(provides, 'artifact_name') === artifact.name
  return versions.every(([key, version]) => own(provides, key) === version)
}

const own = (provides: Provides, key: string): unknown => (Object.hasOwn(provides, key) ? provides[key] : undefined)

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)
