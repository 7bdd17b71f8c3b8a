import { type Static, Type } from 'typebox'
import { Artifact } from '../artifacts/artifact.ts'
import type { SelectionRules } from '../artifacts/compatibility.ts'
import { compareSoftware } from '../artifacts/downgrade.ts'
import type { Dialect } from '../auth/dialect.ts'
import { type Assignable, assign, lacksType } from './assignment.ts'

/** The expected results of a deployment for the devices that match now, according to their inventory. */
export const Forecast = Type.Object(
  {
    artifacts: Type.Array(
      Type.Object(
        {
          ...{ id: Artifact.properties.id, name: Artifact.properties.name, size: Artifact.properties.size },
          device_types_compatible: Artifact.properties.device_types_compatible,
          dialect: Artifact.properties.dialect,
          device_count: Type.Integer({ description: 'Number of devices that would be offered the artifact' }),
        },
        { title: 'ForecastArtifact', description: 'An artifact and the devices that it is for' },
      ),
      { description: 'The artifacts of the release' },
    ),
    noartifact: Type.Integer({ description: 'Number of devices that no artifact is for, and of `downgrade`' }),
    downgrade: Type.Optional(
      Type.Integer({
        description:
          'Number of devices that have a newer version, and are not updated; absent: `no_downgrade` is not set',
      }),
    ),
    version_unknown: Type.Optional(
      Type.Integer({
        description:
          'Number of devices that are offered an artifact with which nothing of theirs can be compared; absent: `no_downgrade` is not set',
      }),
    ),
    no_device_type: Type.Optional(
      Type.Integer({
        description: 'Number of DDI devices that have not reported their device type: they wait; absent: none',
      }),
    ),
    already_installed: Type.Integer({ description: 'Number of devices that have the artifact already' }),
    busy: Type.Integer({ description: 'Number of all these devices that have to finish another deployment first' }),
  },
  { title: 'Forecast', description: 'What the deployment would mean for the devices, by their inventory' },
)
export type Forecast = Static<typeof Forecast>

/** Devices that are equal in every attribute that the selection of the artifact depends on. */
export type DeviceProfile = { provides: Record<string, unknown>; dialect: Dialect; count: number }

type ForecastRelease = Omit<Assignable, 'type' | 'artifacts'> & { artifacts: readonly Artifact[] }

/** The attributes that the selection among these artifacts may depend on. */
export const decisiveKeys = (artifacts: readonly Artifact[]): string[] => [
  ...new Set([
    ...['artifact_name', 'device_type'],
    ...artifacts.flatMap((one) => [...Object.keys(one.artifact_depends), ...Object.keys(one.artifact_provides)]),
  ]),
]

/** Assigns the devices of each profile as a poll would. */
export function forecast(
  { artifacts, ...deployment }: ForecastRelease,
  { profiles, busy }: { profiles: readonly DeviceProfile[]; busy: number },
  rules: Omit<SelectionRules, 'dialect'>,
): Forecast {
  const offered = new Map(artifacts.map(({ id }) => [id, 0]))
  const others = { noartifact: 0, already_installed: 0 }
  const versions = { downgrade: 0, version_unknown: 0 }
  let no_device_type = 0
  for (const { provides, dialect, count } of profiles) {
    if (lacksType(dialect, provides)) {
      no_device_type += count
      continue
    }
    const assignment = assign({ ...deployment, type: 'software', artifacts: [...artifacts] }, provides, {
      ...rules,
      dialect,
    })
    const { status, artifact } = assignment
    if (status === 'pending') {
      offered.set(artifact.id, (offered.get(artifact.id) ?? 0) + count)
      if (compareSoftware(artifact, provides).kind === 'unknown') versions.version_unknown += count
    } else others[status === 'noartifact' ? 'noartifact' : 'already_installed'] += count
    if (status === 'noartifact' && assignment.downgrade) versions.downgrade += count
  }
  const listed = artifacts.map(({ id, name, size, device_types_compatible, dialect }) => ({
    ...{ id, name, size, device_types_compatible, dialect },
    device_count: offered.get(id) ?? 0,
  }))
  return {
    ...{ artifacts: listed, ...others, busy },
    ...(deployment.rollout?.no_downgrade && versions),
    ...(no_device_type > 0 && { no_device_type }),
  }
}
