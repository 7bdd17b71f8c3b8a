import { type Static, Type } from 'typebox'
import { Artifact } from '../artifacts/artifact.ts'
import { assign } from './assignment.ts'

/** What a deployment would mean for the devices that match now, by what their inventory says. */
export const Forecast = Type.Object(
  {
    artifacts: Type.Array(
      Type.Object(
        {
          ...{ id: Artifact.properties.id, name: Artifact.properties.name, size: Artifact.properties.size },
          device_types_compatible: Artifact.properties.device_types_compatible,
          device_count: Type.Integer({ description: 'Number of devices that would be offered the artifact' }),
        },
        { title: 'ForecastArtifact', description: 'An artifact and the devices that it is for' },
      ),
      { description: 'The artifacts of the release' },
    ),
    noartifact: Type.Integer({ description: 'Number of devices that no artifact is for' }),
    already_installed: Type.Integer({ description: 'Number of devices that have the artifact already' }),
    busy: Type.Integer({ description: 'Number of all these devices that have to finish another deployment first' }),
  },
  { title: 'Forecast', description: 'What the deployment would mean for the devices, by their inventory' },
)
export type Forecast = Static<typeof Forecast>

/** Devices that are alike in everything that the choice of the artifact looks at. */
export type AlikeDevices = { provides: Record<string, unknown>; count: number }

type Wanted = { artifacts: readonly Artifact[]; force_installation: boolean }

/** The attributes that the choice among these artifacts can look at. */
export const decisiveKeys = (artifacts: readonly Artifact[]): string[] => [
  ...new Set([
    ...['artifact_name', 'device_type'],
    ...artifacts.flatMap((one) => [...Object.keys(one.artifact_depends), ...Object.keys(one.artifact_provides)]),
  ]),
]

/** Decides for each kind of device as an offer would. */
export function forecast(
  { artifacts, force_installation }: Wanted,
  { alike, busy }: { alike: readonly AlikeDevices[]; busy: number },
  rules: { depends: boolean },
): Forecast {
  const given = new Map(artifacts.map(({ id }) => [id, 0]))
  const total = { noartifact: 0, already_installed: 0 }
  for (const { provides, count } of alike) {
    const { status, artifact } = assign({ artifacts: [...artifacts], force_installation }, provides, rules)
    if (status === 'pending') given.set(artifact.id, (given.get(artifact.id) ?? 0) + count)
    else total[status === 'noartifact' ? 'noartifact' : 'already_installed'] += count
  }
  const listed = artifacts.map(({ id, name, size, device_types_compatible }) => ({
    ...{ id, name, size, device_types_compatible },
    device_count: given.get(id) ?? 0,
  }))
  return { artifacts: listed, ...total, busy }
}
