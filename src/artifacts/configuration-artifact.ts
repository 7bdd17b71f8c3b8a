import type { Artifact } from './artifact.ts'

/** The update module of mender-configure, which installs the artifact: it is nothing but the metadata of its payload. */
const TYPE = 'mender-configure'
const VERSION_KEY = 'data-partition.mender-configure.version'

export type ConfiguredDeployment = {
  id: string
  artifact_name: string
  created: string
  /** The length of the configuration, as JSON in UTF-8; null: it has been removed. */
  configuration_bytes: number | null
}

type Member = { name: string; content: string }

const provides = (artifact_name: string) => ({ [VERSION_KEY]: artifact_name })
const CLEARS = ['data-partition.mender-configure.*']

/** The members of `header.tar`. `configuration`: as JSON. */
export function headerOfConfiguration(artifact_name: string, device_type: string, configuration: string): Member[] {
  const info = {
    payloads: [{ type: TYPE }],
    artifact_provides: { artifact_name },
    artifact_depends: { device_type: [device_type] },
  }
  const type = { type: TYPE, artifact_provides: provides(artifact_name), clears_artifact_provides: CLEARS }
  return [
    { name: 'header-info', content: JSON.stringify(info) },
    { name: 'headers/0000/type-info', content: JSON.stringify(type) },
    { name: 'headers/0000/meta-data', content: configuration },
  ]
}

export const VERSION: Member = { name: 'version', content: JSON.stringify({ format: 'mender', version: 3 }) }

/**
 * What a deployment of a configuration offers. It is written when a device downloads it, for the type that the device
 * states, so it is for any type.
 */
export function configurationArtifact(deployment: ConfiguredDeployment): Artifact {
  const { id, artifact_name, created, configuration_bytes } = deployment
  return {
    ...{ id, name: artifact_name, description: '', device_types_compatible: [] },
    ...{ info: { format: 'mender', version: 3 }, dialect: 'mender', signed: false },
    updates: [{ type_info: { type: TYPE }, files: [] }],
    artifact_provides: { artifact_name, ...provides(artifact_name) },
    ...{ artifact_depends: {}, clears_artifact_provides: [...CLEARS] },
    ...{ size: sizeOf(artifact_name, configuration_bytes ?? 0), modified: created },
  }
}

/** The size of the file, unless the device type is longer than some hundred characters. */
function sizeOf(artifact_name: string, configuration_bytes: number): number {
  const [info, type] = headerOfConfiguration(artifact_name, '', '').map(({ content }) => Buffer.byteLength(content))
  const header = tarSize([info ?? 0, type ?? 0, configuration_bytes])
  return tarSize([VERSION.content.length, MANIFEST_LENGTH, header, tarSize([])])
}

/** Each line is a checksum, two spaces and the name of a file. */
const MANIFEST_LENGTH = ['header.tar', 'version'].reduce((sum, name) => sum + 64 + 2 + name.length + 1, 0)

const BLOCK = 512

/** Each file is a block and its content in blocks; two blocks are the end. */
const tarSize = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + BLOCK + Math.ceil(size / BLOCK) * BLOCK, 2 * BLOCK)
