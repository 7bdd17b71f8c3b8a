import { type Static, Type } from 'typebox'

const Words = Type.Union([Type.String(), Type.Array(Type.String())])
const Json = Type.Record(Type.String(), Type.Unknown())

export const ArtifactFile = Type.Object({
  name: Type.String(),
  checksum: Type.String({ description: 'SHA-256, hexadecimal' }),
  size: Type.Integer(),
  date: Type.String({ format: 'date-time' }),
})
export type ArtifactFile = Static<typeof ArtifactFile>

export const ArtifactUpdate = Type.Object({
  type_info: Type.Object({ type: Type.Union([Type.String(), Type.Null()]) }),
  files: Type.Array(ArtifactFile),
  // A list, because mender-cli decodes one; the object itself is in `metadata`.
  meta_data: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Value: Type.Unknown() }))),
  metadata: Type.Optional(Json),
})
export type ArtifactUpdate = Static<typeof ArtifactUpdate>

/** A file that devices install, as the API shows it. */
export const Artifact = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  description: Type.String(),
  device_types_compatible: Type.Array(Type.String()),
  info: Type.Object({ format: Type.String(), version: Type.Integer() }),
  signed: Type.Boolean(),
  updates: Type.Array(ArtifactUpdate),
  artifact_provides: Type.Record(Type.String(), Type.String()),
  artifact_depends: Type.Record(Type.String(), Words),
  clears_artifact_provides: Type.Array(Type.String()),
  size: Type.Integer({ description: 'Bytes of the whole file' }),
  modified: Type.String({ format: 'date-time' }),
})
export type Artifact = Static<typeof Artifact>

/** The part that the file itself determines; the server adds the rest. */
export type ArtifactContent = Omit<Artifact, 'id' | 'description' | 'size' | 'modified'>
