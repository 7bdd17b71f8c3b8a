import { readVersion, sideOf, type Version } from '../inventory/patterns/version.ts'
import type { Artifact } from './artifact.ts'
import { own, type Provides, withoutBroken, withoutNames } from './compatibility.ts'

type Versioned = Pick<Artifact, 'name' | 'artifact_provides'>

/** What a device would lose: `from` is the version that it has, `to` the older one of the artifact. */
export type Downgrade = { attribute: string; from: string; to: string }

/** Unknown: nothing that the device provides can be compared with the artifact. */
export type Comparison = { kind: 'downgrade'; downgrade: Downgrade } | { kind: 'no_downgrade' | 'unknown' }

/**
 * Compares what a device provides with an artifact: its software versions (`rootfs-image.version`), or the names of the
 * artifacts if no version of both can be compared. One older version makes it a downgrade.
 */
export function compareSoftware(artifact: Versioned, provides: Provides): Comparison {
  const versions = softwareVersions(artifact).map(([attribute, to]) => ({
    ...{ attribute, to, from: String(own(provides, attribute)) },
  }))
  const name = { attribute: 'artifact_name', to: artifact.name, from: withoutBroken(String(provides.artifact_name)) }
  return compareAll(versions) ?? compareAll([name]) ?? { kind: 'unknown' }
}

/** Whether an artifact has a version that those of devices can be compared with. */
export const hasVersion = (artifact: Versioned): boolean =>
  [artifact.name, ...softwareVersions(artifact).map(([, version]) => version)].some(
    (text) => versionsIn(text).length > 0,
  )

const softwareVersions = ({ artifact_provides }: Versioned) =>
  withoutNames(artifact_provides).filter(([attribute]) => attribute.endsWith('.version'))

/** Undefined: none of them can be compared. */
function compareAll(pairs: readonly Downgrade[]): Comparison | undefined {
  const comparable = pairs.flatMap((pair) => {
    const side = compareTexts(pair.to, pair.from)
    return side === undefined ? [] : [{ pair, side }]
  })
  const older = comparable.find(({ side }) => side === 'before')
  if (older) return { kind: 'downgrade', downgrade: older.pair }
  return comparable.length > 0 ? { kind: 'no_downgrade' } : undefined
}

/** The versions at the end of two texts that are equal before it. */
function compareTexts(one: string, other: string) {
  const others = new Map(versionsIn(other).map(({ prefix, version }) => [prefix, version]))
  for (const { prefix, version } of versionsIn(one)) {
    const match = others.get(prefix)
    if (match) return sideOf(version, match)
  }
  return undefined
}

/** Every way to read a text as words and a version, the longest version first: `gateway-2.4.0`, `2.4.0`. */
function versionsIn(text: string): { prefix: string; version: Version }[] {
  const starts = [0, ...[...text.matchAll(/[-_ /:]/g)].map(({ index }) => index + 1)]
  return starts.flatMap((start) => {
    const version = readVersion(text.slice(start))
    return version ? [{ prefix: text.slice(0, start), version }] : []
  })
}
