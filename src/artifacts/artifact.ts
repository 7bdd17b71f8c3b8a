import { type Static, Type } from 'typebox'
import { Dialect } from '../auth/dialect.ts'

const Words = Type.Union([Type.String(), Type.Array(Type.String())])

export const ArtifactFile = Type.Object(
  {
    name: Type.String({ description: 'Name of the file' }),
    checksum: Type.String({ description: 'SHA-256 of the file, hexadecimal' }),
    size: Type.Integer({ description: 'Size of the file in bytes' }),
    sha1: Type.Optional(Type.String({ description: 'SHA-1 of the file, hexadecimal; only of artifacts for DDI' })),
    md5: Type.Optional(Type.String({ description: 'MD5 of the file, hexadecimal; only of artifacts for DDI' })),
    date: Type.String({ format: 'date-time', description: 'Time of the last change of the file' }),
  },
  { title: 'ArtifactFile', description: 'A file within a payload' },
)
export type ArtifactFile = Static<typeof ArtifactFile>

export const ArtifactUpdate = Type.Object(
  {
    type_info: Type.Object(
      {
        type: Type.Union([Type.String(), Type.Null()], {
          description: 'Type of the payload, which decides on the program that installs it; null: there is no payload',
        }),
      },
      { description: 'The type' },
    ),
    files: Type.Array(ArtifactFile, { description: 'The files' }),
    // A list, because mender-cli decodes one; the object itself is in `metadata`.
    meta_data: Type.Optional(
      Type.Array(
        Type.Object({
          Key: Type.String({ description: 'Name of a member of `metadata`' }),
          Value: Type.Unknown({ description: 'Its value' }),
        }),
        { description: 'The members of `metadata` as a list' },
      ),
    ),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Settings for the program that installs the payload' }),
    ),
  },
  { title: 'ArtifactPayload', description: 'A payload of an artifact' },
)
export type ArtifactUpdate = Static<typeof ArtifactUpdate>

/** A file that devices install, as the API shows it. */
export const Artifact = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'ID of the artifact' }),
    name: Type.String({ description: 'Name of the artifact, which is that of its release' }),
    description: Type.String({ description: 'Description of the artifact' }),
    device_types_compatible: Type.Array(Type.String(), { description: 'Device types that the artifact is for' }),
    info: Type.Object(
      {
        format: Type.String({
          description: 'Name of the format: `mender`, `swu` (SWUpdate), `raucb` (RAUC), or `file` for any other file',
        }),
        version: Type.Integer({ description: 'Version of the format; 1 unless it is `mender`' }),
      },
      { description: 'Format of the file' },
    ),
    dialect: Dialect,
    signed: Type.Boolean({
      description: 'Whether the artifact is signed; devices verify the signature, the server does not',
    }),
    updates: Type.Array(ArtifactUpdate, { description: 'The payloads' }),
    artifact_provides: Type.Record(Type.String(), Type.String(), {
      description: 'What a device provides once the artifact is installed, by key',
    }),
    artifact_depends: Type.Record(Type.String(), Words, {
      description: 'What a device must provide for the artifact, by key: a value, or a list of which one is enough',
    }),
    clears_artifact_provides: Type.Array(Type.String(), {
      description: 'What a device no longer provides once the artifact is installed: keys, or patterns with `*`',
    }),
    size: Type.Integer({ description: 'Size of the file in bytes' }),
    modified: Type.String({
      format: 'date-time',
      description: 'Time of the upload, or of the last change of the description',
    }),
  },
  { title: 'Artifact', description: 'A file with software for devices' },
)
export type Artifact = Static<typeof Artifact>

/** The part that the file itself determines; the server adds the rest. */
export type ArtifactContent = Omit<Artifact, 'id' | 'description' | 'dialect' | 'size' | 'modified'>

export const dialectOf = ({ format }: Artifact['info']): Dialect => (format === 'mender' ? 'mender' : 'ddi')
